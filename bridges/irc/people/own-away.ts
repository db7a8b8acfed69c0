import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import { line as makeLine, shorten } from '#bridges/irc/wire/line.ts';
import { showText } from '#mappings/presence.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { EventOf } from '#src/model/event.ts';

/** Milliseconds that somebody has to be away before the network is told, so that it is not told of every pause. */
const UNCHANGED = 60_000;
/** Milliseconds after which one that the server did not take is said again: some take two in ten seconds. */
const AGAIN = 30_000;
/** Bytes of what is said about it. */
const TEXT = 200;

/** Our own AWAY (RFC 2812 §4.1), said only when it changes. */
export type OwnAway = {
  take(event: EventOf<'presence'>): void;
  /** The server has taken it (RFC 2812 §5.1: 305, 306). */
  taken(): void;
  /** The server does not take it for now; false where it was not ours. */
  refused(): boolean;
  stop(): void;
};

/**
 * Being away is said after a minute, being back at once. What the account's presence as a whole is counts; as long as
 * nothing is known of that, what was said to a room last.
 */
export function openOwnAway(clock: Clock, say: (line: string) => boolean): OwnAway {
  /** `null` where the server has refused it. */
  let said: string | undefined | null;
  let wanted: string | undefined;
  let whole = false;
  let answered = true;
  let cancel: (() => void) | undefined;

  function tell(): void {
    cancel = undefined;
    if (wanted === said) return;
    if (!say(wanted === undefined ? makeLine('AWAY', []) : makeLine('AWAY', [], wanted))) return;
    said = wanted;
    answered = false;
  }

  return {
    take({ place, show, status }) {
      if (place.kind === 'realm') whole = true;
      else if (whole) return;
      const text = show === 'available' || show === 'chat' ? undefined : shorten(showText(show, status), TEXT);
      if (text === wanted) return;
      wanted = text;
      cancel?.();
      cancel = undefined;
      if (text === undefined) tell();
      else cancel = clock.after(UNCHANGED, tell);
    },
    taken() {
      answered = true;
    },
    refused() {
      if (answered) return false;
      answered = true;
      said = null;
      cancel ??= clock.after(AGAIN, tell);
      return true;
    },
    stop: () => cancel?.(),
  };
}

export const ownAwayTaken: LineReading = (_line, { ownAway }) => {
  ownAway.taken();
  return false;
};

/** RFC 2812 §5.1: 263 names the command that is to be tried again; 429 is ircd-hybrid's for AWAY alone. */
export const ownAwayRefused: LineReading = ({ command, params: [, named = ''] }, { ownAway }) =>
  (command === '429' || named.toUpperCase() === 'AWAY') && ownAway.refused();
