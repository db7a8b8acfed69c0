import type { Clock } from '#src/lib/time/clock.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Answer, Asked } from './wire.ts';

/** Milliseconds that an answer may take. */
const TIMEOUT = 30_000;
/** Requests that may wait or be unanswered. */
const LIMIT = 1000;

/** The tower's words for what it refuses. */
const REFUSALS: Readonly<Record<string, FailureCode>> = {
  unknown: 'item-not-found',
  outside: 'not-joined',
  taken: 'nick-conflict',
};

type Item = { readonly asked: Asked; readonly done: (outcome: string | Failure) => void; cancel?: () => void };

/** What was asked and is not answered yet. Each request ends once, with a word or a `Failure`. */
export class Requests {
  readonly #items = new Map<string, Item>();
  readonly #clock: Clock;
  readonly #window: number;
  readonly #write: (words: readonly string[]) => void;

  constructor(clock: Clock, window: number, write: (words: readonly string[]) => void) {
    this.#clock = clock;
    this.#window = window;
    this.#write = write;
  }

  /** Throws `Failure('queue-full')`. */
  start(tag: string, asked: Asked, done: Item['done']): void {
    if (this.#items.size >= LIMIT) throw new Failure('queue-full');
    this.#items.set(tag, { asked, done });
    this.#advance();
  }

  answered(answer: Answer): void {
    const code = answer[0] === 'no' ? (REFUSALS[answer[2]] ?? 'not-acceptable') : undefined;
    this.#finish(answer[1], code ? new Failure(code, { text: answer[3] ?? '', foreign: answer[2] }) : answer[2]);
  }

  /** The line is gone: what was written is in doubt, what waited is certain not to have gone. */
  fail({ code, message: text }: Failure): void {
    const left = [...this.#items.values()];
    this.#items.clear();
    for (const { done, cancel } of left) {
      cancel?.();
      done(new Failure(code, { text, certain: cancel === undefined }));
    }
  }

  #finish(tag: string, outcome: string | Failure): void {
    const item = this.#items.get(tag);
    if (!item?.cancel) return;
    this.#items.delete(tag);
    item.cancel();
    item.done(outcome);
    this.#advance();
  }

  // The oldest are written first, so that the first of them are those that are unanswered.
  #advance(): void {
    for (const [tag, item] of [...this.#items].slice(0, this.#window)) {
      if (item.cancel) continue;
      const late = new Failure('remote-server-timeout', { certain: false });
      item.cancel = this.#clock.after(TIMEOUT, () => this.#finish(tag, late));
      this.#write([tag, ...item.asked]);
    }
  }
}
