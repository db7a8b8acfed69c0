import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { cleanNick, isName } from '#bridges/irc/wire/names.ts';
import { Failure } from '#src/model/failure.ts';

/** Milliseconds between two tries at a nick; twice as many after each refusal, up to about an hour. */
const PACE = 60_000;
const DOUBLINGS = 6;

/** Whose nick it is. */
type Owner = Pick<IrcConnection, 'view' | 'clock' | 'people' | 'pending' | 'say' | 'remembered'>;

/** Gets the nick that was wanted once whoever has it lets it go. */
export class NickRecovery {
  readonly #owner: Owner;
  #wanted = '';
  #trying = false;
  #refusals = 0;
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The nick to be called by; what is in force is the view's. */
  get wanted(): string {
    return this.#wanted;
  }

  /** From now on that nick is wanted. */
  begin(nick: string): void {
    this.#want(cleanNick(nick, this.#owner.view.isupport.nicklen));
  }

  #want(nick: string): void {
    this.#owner.people.unwatch(this.#wanted, 'nick');
    this.#wanted = nick;
    this.#refusals = 0;
    if (!this.#has()) this.#look();
  }

  /** The nick has become free. */
  free(nick: string): void {
    if (this.#isWanted(nick)) this.#attempt();
  }

  /** It may be had now, whatever was said before. */
  again(): void {
    this.#refusals = 0;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#attempt();
  }

  /** The server calls us by that nick now. */
  renamed(nick: string): void {
    const { people, pending } = this.#owner;
    if (this.#wanted === '') return;
    // A nick that was neither asked for nor wanted is the server's idea.
    if (pending.asks(nick)) {
      this.#want(nick);
      // One that only the server can give cannot be asked for at the next login.
      if (cleanNick(nick) === nick) this.#owner.remembered.nick(nick);
    } else if (this.#isWanted(nick)) this.#wanted = nick;
    else return this.#look();
    this.#trying = false;
    if (this.#isWanted(nick)) people.unwatch(this.#wanted, 'nick');
  }

  /** A numeric refuses a nick; true if that was our own try. */
  refused({ command, params: [, refused = ''] }: Line): boolean {
    if (!this.#trying) return false;
    // A refusal names the nick; where it does not, it is for the user.
    const { pending } = this.#owner;
    if (pending.has('nick', '') && (pending.asks(refused) || !this.#isWanted(refused))) return false;
    this.#trying = false;
    this.#refusals++;
    // RFC 2812 §5.2: 432 says that it is no nick there, and never will be.
    if (command === '432') this.#want(this.#owner.view.nick);
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

  // Whoever has more people than can be watched does without.
  #look(): void {
    try {
      this.#owner.people.watch(this.#wanted, 'nick');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

export const nickChange: LineReading = ({ nick, params: [next = ''] }, { view, recovery }) => {
  if (isSelf(nick, view) && isName(next)) recovery.renamed(next);
  return false;
};

export const nickRefusal: LineReading = (line, { recovery }) => recovery.refused(line);
