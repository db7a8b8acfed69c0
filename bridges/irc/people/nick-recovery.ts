import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import { cleanNick, isName } from '#bridges/irc/wire/names.ts';
import { NICK_REFUSALS } from '#bridges/irc/wire/numerics.ts';
import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** Milliseconds between two tries at a nick; twice as many after each refusal, up to about an hour. */
const PACE = 60_000;
const DOUBLINGS = 6;

/** Whose nick it is. */
export type NickRecoveryOwner = {
  readonly view: ServerView;
  readonly clock: Clock;
  watch(nick: string): void;
  unwatch(nick: string): void;
  /** Queues a line; false where it cannot be taken now. */
  say(line: string): boolean;
  /** Whether the user has asked for a nick, or for that one, and waits for the answer. */
  asked(nick?: string): boolean;
};

/** Gets the nick that was wanted once whoever has it lets it go. */
export class NickRecovery {
  readonly #owner: NickRecoveryOwner;
  #wanted: string;
  #trying = false;
  #refusals = 0;
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(owner: NickRecoveryOwner) {
    this.#owner = owner;
    this.#wanted = owner.view.nick;
  }

  /** The nick to be called by; what is in force is the view's. */
  get wanted(): string {
    return this.#wanted;
  }

  begin(nick: string): void {
    const { view } = this.#owner;
    this.#owner.unwatch(this.#wanted);
    this.#wanted = cleanNick(nick, view.isupport.nicklen);
    this.#refusals = 0;
    if (!this.#has()) this.#look();
  }

  /** The nick has become free. */
  free(nick: string): void {
    if (this.#isWanted(nick)) this.#attempt();
  }

  /** Takes a line in; true if it was the answer to our own try. */
  take(line: Line): boolean {
    const { view } = this.#owner;
    const [nick = '', refused = ''] = line.params;
    if (line.command === 'NICK' && isSelf(line.nick, view) && isName(nick)) {
      this.#renamed(nick);
      return false;
    }
    if (!this.#trying || !NICK_REFUSALS.has(line.command)) return false;
    // A refusal names the nick; where it does not, it is for the user.
    if (this.#owner.asked() && (this.#owner.asked(refused) || !this.#isWanted(refused))) return false;
    this.#trying = false;
    this.#refusals++;
    // RFC 2812 §5.2: 432 says that it is no nick there, and never will be.
    if (line.command === '432') this.begin(view.nick);
    // It may be reserved for a while without anybody having it.
    else this.#attempt();
    return true;
  }

  stop(): void {
    this.#cancel?.();
  }

  #has(): boolean {
    return this.#isWanted(this.#owner.view.nick);
  }

  #isWanted(nick: string): boolean {
    const { view } = this.#owner;
    return view.fold(nick) === view.fold(this.#wanted);
  }

  #attempt(): void {
    const { clock } = this.#owner;
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#has() || this.#trying) return;
    const wait = this.#last + PACE * 2 ** Math.max(Math.min(this.#refusals - 1, DOUBLINGS), 0) - clock.now();
    if (wait > 0) {
      this.#cancel = clock.after(wait, () => this.#attempt());
      return;
    }
    this.#last = clock.now();
    this.#trying = this.#owner.say(makeLine('NICK', [this.#wanted]));
  }

  // Whoever has more contacts than can be watched does without.
  #look(): void {
    try {
      this.#owner.watch(this.#wanted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  #renamed(nick: string): void {
    // A nick that was neither asked for nor wanted is the server's idea.
    if (this.#owner.asked(nick)) this.begin(nick);
    else if (this.#isWanted(nick)) this.#wanted = nick;
    else return this.#look();
    this.#trying = false;
    if (this.#isWanted(nick)) this.#owner.unwatch(this.#wanted);
  }
}
