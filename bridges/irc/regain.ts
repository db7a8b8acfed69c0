import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { isSelf } from './decode.ts';
import { line as makeLine } from './encode.ts';
import { cleanNick, foldName, isName } from './names.ts';
import { NICK_REFUSALS } from './numerics.ts';
import type { Line, View } from './view.ts';
import type { Watch } from './watch.ts';

/** Milliseconds between two tries at a nick; twice as many after each refusal, up to about an hour. */
const PACE = 60_000;
const DOUBLINGS = 6;

export type RegainParts = {
  readonly view: View;
  readonly clock: Clock;
  readonly watch: Pick<Watch, 'add' | 'drop'>;
  readonly say: (line: string) => boolean;
  /** Whether the user has asked for a nick and waits for the answer. */
  readonly asked: () => boolean;
};

/** Gets the nick that was wanted once whoever has it lets it go. */
export type Regain = {
  /** The nick to be called by; what is in force is the view's. */
  readonly wanted: string;
  begin(wanted: string): void;
  /** The nick has become free. */
  free(nick: string): void;
  /** Takes a line in; true if it was the answer to our own try. */
  take(line: Line): boolean;
  stop(): void;
};

export function openRegain({ view, clock, watch, say, asked }: RegainParts): Regain {
  let wanted = view.nick;
  let trying = false;
  let refusals = 0;
  let last = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  const has = (): boolean => foldName(view.nick) === foldName(wanted);

  function attempt(): void {
    cancel?.();
    cancel = undefined;
    if (has() || trying) return;
    const wait = last + PACE * 2 ** Math.max(Math.min(refusals - 1, DOUBLINGS), 0) - clock.now();
    if (wait > 0) {
      cancel = clock.after(wait, attempt);
      return;
    }
    last = clock.now();
    trying = say(makeLine('NICK', [wanted]));
  }

  function begin(nick: string): void {
    watch.drop(wanted, 'nick');
    wanted = cleanNick(nick, view.isupport.nicklen);
    refusals = 0;
    if (!has()) look();
  }

  // Whoever has more contacts than can be watched does without.
  function look(): void {
    try {
      watch.add(wanted, 'nick');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  function renamed(nick: string): void {
    // A nick that was neither asked for nor wanted is the server's idea.
    if (asked()) begin(nick);
    else if (foldName(nick) === foldName(wanted)) wanted = nick;
    else look();
    trying = false;
  }

  function settled(nick: string): void {
    if (foldName(nick) === foldName(wanted)) watch.drop(wanted, 'nick');
  }

  return {
    get wanted() {
      return wanted;
    },
    begin,
    free(nick) {
      if (foldName(nick) !== foldName(wanted)) return;
      attempt();
    },
    take(line) {
      const [nick = ''] = line.params;
      if (line.command === 'NICK' && isSelf(line.nick, view) && isName(nick)) {
        renamed(nick);
        settled(nick);
        return false;
      }
      if (!trying || asked() || !NICK_REFUSALS.has(line.command)) return false;
      trying = false;
      refusals++;
      // RFC 2812 §5.2: 432 says that it is no nick there, and never will be.
      if (line.command === '432') begin(view.nick);
      // It may be reserved for a while without anybody having it.
      else attempt();
      return true;
    },
    stop: () => cancel?.(),
  };
}
