import { line as makeLine, shorten } from '#bridges/irc/wire/line.ts';
import { showText } from '#mappings/presence.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { EventOf } from '#src/model/event.ts';

/** Milliseconds that somebody has to be away before the network is told, so that it is not told of every pause. */
const UNCHANGED = 60_000;
/** Bytes of what is said about it. */
const TEXT = 200;

/** Our own AWAY (RFC 2812 §4.1), said only when it changes. */
export type OwnAway = {
  take(event: EventOf<'presence'>): void;
  stop(): void;
};

/**
 * Being away is said after a minute, being back at once. What the account's presence as a whole is counts; as long as
 * nothing is known of that, what was said to a room last.
 */
export function openOwnAway(clock: Clock, say: (line: string) => boolean): OwnAway {
  let said: string | undefined;
  let wanted: string | undefined;
  let whole = false;
  let cancel: (() => void) | undefined;

  function tell(): void {
    cancel = undefined;
    if (wanted === said) return;
    if (say(wanted === undefined ? makeLine('AWAY', []) : makeLine('AWAY', [], wanted))) said = wanted;
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
    stop: () => cancel?.(),
  };
}
