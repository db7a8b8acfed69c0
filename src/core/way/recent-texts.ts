import { authorOf, writerOf } from '#src/core/ids.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Ring } from '#src/lib/ring.ts';
import type { Context, DraftOf } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { isRoom, type Place, placeKey } from '#src/model/place.ts';

/** Texts that are remembered at least, and code units of the longest: a correction of more is told in full. */
const TEXTS = 1000;
const LONGEST = 1000;
/** How many messages back in a conversation between two something is still fresh. */
const FRESH = 10;

/** What has been said lately, for those who speak of it. In memory alone. */
export type RecentTexts = {
  /**
   * `ids` are those by which XMPP calls the message, `name` is what its author is called there. Of what is taken back
   * nothing is remembered.
   */
  note(draft: Draft, ids: readonly (string | undefined)[], name: string | undefined): void;
  /** What is remembered of a message. In a room its author has to be known. */
  about(place: Place, id: string, author?: string): Context | undefined;
  /** Who has written what two people call so, if it is remembered. */
  writer(place: Place, id: string): string | undefined;
  /** The text in whose place a correction of its author stands, if it is remembered; the new text from then on. */
  replace(edit: DraftOf<'edit'>, id: string): string | undefined;
};

type RecentText = {
  readonly place: string;
  readonly ids: readonly (string | undefined)[];
  text: string;
  readonly author: string;
  readonly name: string | undefined;
  readonly at: number;
};

export function openRecentTexts(): RecentTexts {
  const texts = new Ring<RecentText>(TEXTS);
  /** How much was said between two people. */
  const counts = openRecent<number>(TEXTS);

  /** Between two people ids are their own; in a room anybody may name a message as somebody else did. */
  function find(place: Place, author: string | undefined, id: string): RecentText | undefined {
    const key = placeKey(place);
    const anybody = !isRoom(place);
    return texts.find((one) => one.place === key && one.ids.includes(id) && (anybody || one.author === author));
  }

  function count(place: Place): number {
    if (isRoom(place)) return 0;
    const key = placeKey(place);
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  }

  return {
    note(draft, ids, name) {
      const { place } = draft;
      const author = authorOf(writerOf(draft));
      if (draft.kind === 'retract') {
        const known = find(place, author, draft.target);
        if (known?.author === author) known.text = '';
      }
      if (draft.kind !== 'message') return;
      // One unit more than the longest shows that it was cut.
      const text = draft.text.slice(0, LONGEST + 1);
      texts.add({ place: placeKey(place), ids, text, author, name, at: count(place) });
    },
    about(place, id, author) {
      const found = find(place, author, id);
      if (!found) return undefined;
      const fresh = !isRoom(place) && (counts.get(placeKey(place)) ?? 0) - found.at < FRESH;
      return { quote: found.text, fresh, ...(found.name !== undefined && { author: found.name }) };
    },
    writer: (place, id) => (isRoom(place) ? undefined : find(place, undefined, id)?.author),
    replace(edit, id) {
      const author = authorOf(writerOf(edit));
      const known = find(edit.place, author, id);
      if (known?.author !== author) return undefined;
      const before = known.text;
      // XEP-0308 §3: a further correction names the first message again.
      known.text = edit.text.slice(0, LONGEST + 1);
      return before.length > LONGEST ? undefined : before;
    },
  };
}
