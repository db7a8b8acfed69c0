// https://ircv3.net/specs/client-tags/typing

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { TYPING, tagged } from '#bridges/irc/wire/tags.ts';
import type { Clock } from '#src/lib/time/clock.ts';

/** Milliseconds after which typing is said again, after which it counts as over where nobody says so, and how long it is said at most. */
const AGAIN = 3_000;
const OVER = 6_000;
const LONGEST = 60_000;
/** Conversations in which somebody types at a time. */
const MOST = 100;

/** Whose typing it is. */
type Owner = Pick<IrcConnection, 'clock' | 'writer'>;
type Sending = { readonly until: number; readonly cancel: () => void };

/** That our user types: said again while it goes on, for on IRC it is soon forgotten. */
export class OwnTyping {
  readonly #owner: Owner;
  // Most connections say nothing of it.
  #sending: Map<string, Sending> | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Whether anything of it was ever said. */
  get any(): boolean {
    return this.#sending !== undefined;
  }

  /** Throws a `Failure` for what is no target. */
  take(target: string, active: boolean): void {
    const before = this.#sending?.get(target);
    if (active === (before !== undefined)) return;
    if (active) return this.#go(target, this.#owner.clock.now() + LONGEST);
    this.said(target);
    this.#tell(target, 'done');
  }

  /** A numeric refuses a target; true if nobody has said anything there, so that nobody needs to hear of it. */
  refused(target: string, fold: (name: string) => string): boolean {
    const found = [...(this.#sending?.keys() ?? [])].find((one) => fold(one) === fold(target));
    if (found === undefined) return false;
    this.said(found);
    return true;
  }

  /** What was being typed has been said. */
  said(target: string): void {
    this.#sending?.get(target)?.cancel();
    this.#sending?.delete(target);
  }

  stop(): void {
    for (const target of [...(this.#sending?.keys() ?? [])]) this.said(target);
  }

  #go(target: string, until: number): void {
    this.said(target);
    this.#sending ??= new Map();
    if (this.#owner.clock.now() >= until || this.#sending.size >= MOST) return;
    this.#tell(target, 'active');
    this.#sending.set(target, { until, cancel: this.#owner.clock.after(AGAIN, () => this.#go(target, until)) });
  }

  #tell(target: string, state: string): void {
    this.#owner.writer.later(tagged(makeLine('TAGMSG', [target]), { [TYPING[0]]: state }));
  }
}

/** Who of a server's people types where, as far as it is told; forgotten when it was not said again. */
export class OthersTyping {
  readonly #clock: Clock;
  #known: Map<string, () => void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether anybody types. */
  get any(): boolean {
    return (this.#known?.size ?? 0) > 0;
  }

  /** Somebody types, or not any more: `tell` is called where that is news, also later when it is over by itself. */
  take(who: string, state: string, tell: (active: boolean) => void): void {
    const known = this.#known?.get(who);
    known?.();
    this.#known?.delete(who);
    if (state !== 'active') {
      if (known) tell(false);
      return;
    }
    this.#known ??= new Map();
    if (this.#known.size >= MOST) return;
    this.#known.set(
      who,
      this.#clock.after(OVER, () => {
        this.#known?.delete(who);
        tell(false);
      }),
    );
    if (!known) tell(true);
  }

  /** Somebody has spoken: that ends it, for everybody who reads that. */
  spoke(who: string): void {
    this.#known?.get(who)?.();
    this.#known?.delete(who);
  }

  stop(): void {
    for (const cancel of this.#known?.values() ?? []) cancel();
    this.#known = undefined;
  }
}
