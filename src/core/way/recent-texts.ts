import { authorOf } from '#src/core/ids.ts';
import type { Origin } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { placeKey } from '#src/model/place.ts';

/** Texts that are remembered at least, and code units of the longest: a correction of more is told in full. */
const TEXTS = 1000;
const LONGEST = 1000;

/** What people have said lately, so that a correction can name the words that changed. In memory alone. */
export type Said = {
  note(draft: Draft, origin: Pick<Origin, 'id' | 'originId'>): void;
  /** The text in whose place a correction of its author stands, if it is remembered; the new text from then on. */
  corrected(draft: Draft): string | undefined;
};

export function openSaid(): Said {
  const texts = openRecent<string>(TEXTS);
  const keyOf = ({ place, from }: Draft, id: string): string => `${placeKey(place)} ${authorOf(from)} ${id}`;
  const keep = (key: string, text: string): void => texts.set(key, text.length > LONGEST ? '' : text);

  return {
    note(draft, { id, originId }) {
      if (draft.kind !== 'message') return;
      for (const one of new Set([id, originId])) if (one !== undefined) keep(keyOf(draft, one), draft.text);
    },
    corrected(draft) {
      if (draft.kind !== 'edit') return undefined;
      const key = keyOf(draft, draft.target);
      const before = texts.get(key);
      // XEP-0308 §3: a further correction names the first message again.
      if (before !== undefined) keep(key, draft.text);
      return before === '' ? undefined : before;
    },
  };
}
