import { authorOf } from '#src/core/ids.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { placeKey } from '#src/model/place.ts';

/** Readers of whom is known at least up to where they have read. */
const READERS = 10_000;

export type Markers = ReturnType<typeof openMarkers>;

/** Up to where people have read. In memory alone. */
export function openMarkers() {
  const read = openRecent<{ readonly at: number; readonly target: string }>(READERS);
  return {
    /**
     * Whether a draft says something new: all but what has been read of less than was known (XEP-0333: only the newest
     * counts). `at` is when the message was written that it is about (ms since 1970), if that was lately.
     */
    isForward(draft: Draft, at = 0): boolean {
      if (draft.kind !== 'receipt' || draft.state !== 'displayed') return true;
      const key = `${placeKey(draft.place)} ${authorOf(draft.from)}`;
      const { target } = draft;
      const before = read.get(key);
      if (before && (at < before.at || target === before.target)) return false;
      read.set(key, { at, target });
      return true;
    },
  };
}
