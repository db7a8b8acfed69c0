import type { Draft, Event } from '#src/model/event.ts';
import { placeKey } from '#src/model/place.ts';

/** People who are remembered to be typing. */
const MOST = 10_000;
/** Ms after which who still types may say so again: some clients and networks forget it unless they hear it. */
const AGAIN = 20_000;

/** Who is typing where, so that nobody is told the same twice in a row within a moment (XEP-0085 §5.3). In memory alone. */
export type Typing = {
  /** Whether an event says something that was not known. A message ends the typing of who wrote it. */
  isNews(event: Draft | Event): boolean;
};

/** Nobody is typing yet. `now` is in ms since 1970. */
export function openTyping(now: () => number): Typing {
  /** Who is, and when they have said so. */
  const typing = new Map<string, number>();
  const keyOf = ({ place, from }: Draft | Event): string =>
    `${placeKey(place)} ${from.kind === 'network' ? from.id : `xmpp:${from.bare}`}`;

  return {
    isNews(event) {
      if (event.kind === 'message') {
        // Most of the time nobody is typing, and a message costs nothing here.
        if (typing.size > 0) typing.delete(keyOf(event));
        return true;
      }
      if (event.kind !== 'typing') return true;
      const key = keyOf(event);
      if (!event.active) return typing.delete(key);
      const at = now();
      const before = typing.get(key);
      // A clock that was set back makes nobody silent.
      if (before !== undefined && at >= before && at - before < AGAIN) return false;
      typing.delete(key);
      for (const oldest of typing.keys()) {
        if (typing.size < MOST) break;
        typing.delete(oldest);
      }
      typing.set(key, at);
      return true;
    },
  };
}
