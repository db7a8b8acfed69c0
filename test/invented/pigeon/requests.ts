import type { Clock } from '#src/lib/time/clock.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Answer, FromLoft, Request } from './wire.ts';

/** Requests of one line that may wait or be unanswered at a time. */
const LIMIT = 1000;

/** The loft's words for what it refuses. */
const REFUSALS: Readonly<Record<string, FailureCode>> = {
  unknown: 'item-not-found',
  outside: 'not-joined',
  banned: 'banned',
  password: 'password-required',
  code: 'password-required',
  stranger: 'not-registered',
  taken: 'nick-conflict',
  forbidden: 'not-permitted',
  busy: 'queue-full',
  standing: 'internal',
};

type Item = {
  readonly request: Request;
  readonly done: (outcome: Answer | Failure) => void;
  written: boolean;
  cancel: () => void;
};

export type Answered = Exclude<Extract<FromLoft, { re: string }>, { later: true }>;

/** What was asked and is not answered yet. Each request ends exactly once. */
export type Requests = {
  /** Throws `Failure('queue-full')`. `done` is called once, never from within. */
  start(request: Request, done: Item['done']): void;
  answered(message: Answered): void;
  /** Takes back what has not been written; false if it is too late. Its `done` is not called. */
  withdraw(tag: string): boolean;
  /** The line is gone: what was written is in doubt, what waited is certain not to have gone. */
  fail(failure: Failure): void;
};

type Parts = {
  readonly clock: Clock;
  /** Requests that may be unanswered; the others wait. */
  readonly window: number;
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
  write(request: Request): void;
};

export function openRequests({ clock, window, timeout, write }: Parts): Requests {
  const items = new Map<string, Item>();
  let unanswered = 0;

  function finish(item: Item, outcome: Answer | Failure): void {
    if (!items.delete(item.request.tag)) return;
    item.cancel();
    if (item.written) unanswered--;
    item.done(outcome);
    advance();
  }

  function advance(): void {
    for (const item of items.values()) {
      if (unanswered >= window) return;
      if (!item.written) send(item);
    }
  }

  function send(item: Item): void {
    item.written = true;
    unanswered++;
    // The loft may have done the work: its answer was lost.
    const late = new Failure('remote-server-timeout', { certain: false });
    item.cancel = clock.after(timeout, () => finish(item, late));
    write(item.request);
  }

  return {
    start(request, done) {
      if (items.size >= LIMIT) throw new Failure('queue-full');
      items.set(request.tag, { request, done, written: false, cancel: () => undefined });
      advance();
    },
    answered(message) {
      const item = items.get(message.re);
      // An answer that was repeated, or came too late.
      if (!item?.written) return;
      finish(item, 'ok' in message ? message.ok : refusal(message));
    },
    withdraw(tag) {
      const item = items.get(tag);
      return item !== undefined && !item.written && items.delete(tag);
    },
    fail({ code, message }) {
      const left = [...items.values()];
      // Nothing may be written any more while these end.
      items.clear();
      for (const { cancel, done, written } of left) {
        cancel();
        done(new Failure(code, { text: message, certain: !written }));
      }
    },
  };
}

function refusal({ no, text }: Extract<FromLoft, { no: string }>): Failure {
  return new Failure(REFUSALS[no] ?? 'not-acceptable', { text, foreign: no });
}
