// https://ircv3.net/specs/extensions/chathistory

import type { LineBatch } from '#bridges/irc/connection/batches.ts';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';

/** Milliseconds that a server has for a page. */
const PATIENCE = 30_000;
/** Pages that wait for a server at a time, of which one about each target is under way. */
const MOST = 200;

/**
 * A page of the past: how many lines it had, and when the last was said, in the server's words. `drafts` is what it says,
 * where somebody has asked for it; else it was told as it came.
 */
export type PastPage = { readonly lines: number; readonly last: string | undefined; readonly drafts: readonly Draft[] };

type PastRequest = {
  readonly text: string;
  readonly told: Draft[] | undefined;
  readonly resolve: (page: PastPage) => void;
  readonly reject: (failure: Failure) => void;
  stop?: () => void;
  last?: string;
};

type Owner = Pick<IrcConnection, 'view' | 'writer' | 'clock'>;

/** What a connection asks CHATHISTORY. Answers name their target and nothing else: one about each is under way. */
export class PastRequests {
  readonly #owner: Owner;
  /** By folded names of channels and people. */
  #open: Map<string, PastRequest[]> | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Asks for a page by the parameters around its target. `quietly`: it is told as it comes. Rejects with a `Failure`. */
  ask(target: string, [how, ...from]: readonly [string, ...string[]], quietly: boolean): Promise<PastPage> {
    const { view } = this.#owner;
    this.#open ??= new Map();
    const key = view.fold(target);
    const waiting = this.#open.get(key) ?? [];
    if (waiting.length + this.#open.size >= MOST) return Promise.reject(new Failure('queue-full'));
    const { promise, resolve, reject } = Promise.withResolvers<PastPage>();
    const text = makeLine('CHATHISTORY', [how, target, ...from]);
    waiting.push({ text, told: quietly ? undefined : [], resolve, reject });
    this.#open.set(key, waiting);
    if (waiting.length === 1) this.#write(key);
    return promise;
  }

  /** The page that a batch, or one around it, is part of; `told` collects what it says. */
  reading(batch: LineBatch | undefined): Pick<PastRequest, 'told' | 'last'> | undefined {
    if (!batch || !this.#open) return undefined;
    return batch.type === 'chathistory' ? this.#first(batch) : this.reading(batch.of);
  }

  /** A batch has ended. */
  ended(batch: LineBatch): void {
    const request = batch.type === 'chathistory' ? this.#first(batch) : undefined;
    if (!request) return;
    this.#next(this.#keyOf(batch));
    request.resolve({ lines: batch.count, last: request.last, drafts: request.told ?? [] });
  }

  /** The server refuses what is about one of these, or whatever is under way. False where that is nothing. */
  failed(about: readonly string[], failure: Failure): boolean {
    const named = about.map((name) => this.#owner.view.fold(name)).find((name) => this.#open?.has(name));
    const [any] = this.#open?.keys() ?? [];
    const key = named ?? any;
    const request = key === undefined ? undefined : this.#open?.get(key)?.[0];
    if (key === undefined || !request) return false;
    this.#next(key);
    request.reject(failure);
    return true;
  }

  /** The connection is gone. */
  fail(failure: Failure): void {
    const all = [...(this.#open?.values() ?? [])].flat();
    this.#open = undefined;
    for (const { stop, reject } of all) {
      stop?.();
      reject(failure);
    }
  }

  #keyOf = ({ opening }: LineBatch): string => this.#owner.view.fold(opening.params[2] ?? '');

  #first = (batch: LineBatch): PastRequest | undefined => this.#open?.get(this.#keyOf(batch))?.[0];

  #write(key: string): void {
    const { writer, clock } = this.#owner;
    const request = this.#open?.get(key)?.[0];
    if (!request) return;
    request.stop = clock.after(PATIENCE, () => this.failed([key], new Failure('remote-server-timeout')));
    try {
      if (request.told) writer.send(request.text);
      else writer.later(request.text);
    } catch (error) {
      this.failed([key], error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
  }

  /** The first about a target is over. */
  #next(key: string): void {
    const waiting = this.#open?.get(key) ?? [];
    waiting.shift()?.stop?.();
    if (waiting.length === 0) this.#open?.delete(key);
    else this.#write(key);
  }
}
