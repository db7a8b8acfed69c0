import type { Draft, Event } from '#src/model/event.ts';
import { placeKey } from '#src/model/place.ts';

/** People who are remembered to be typing. */
const MOST = 10_000;

/** Who is typing where, so that nobody is told the same twice in a row (XEP-0085 §5.3). In memory alone. */
export type Typing = {
  /** Whether an event says something that was not known. A message ends the typing of who wrote it. */
  isNews(event: Draft | Event): boolean;
};

/** Nobody is typing yet. */
export function openTyping(): Typing {
  const typing = new Set<string>();
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
      if (typing.has(key)) return false;
      for (const oldest of typing) {
        if (typing.size < MOST) break;
        typing.delete(oldest);
      }
      typing.add(key);
      return true;
    },
  };
}
