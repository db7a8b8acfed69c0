import { authorOf, writerOf } from '#src/core/ids.ts';
import { openRecent } from '#src/lib/recent.ts';
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
  readonly text: string;
  readonly author: string;
  readonly name: string | undefined;
  readonly at: number;
};

export function openRecentTexts(): RecentTexts {
  const texts = openRecent<RecentText>(TEXTS);
  /** How much was said between two people. */
  const counts = openRecent<number>(TEXTS);

  // Between two people ids are their own; in a room anybody may name a message as somebody else did.
  const keyOf = (place: Place, author: string | undefined, id: string): string =>
    isRoom(place) ? `${placeKey(place)} ${author} ${id}` : `${placeKey(place)} ${id}`;

  function count(place: Place): number {
    if (isRoom(place)) return 0;
    const key = placeKey(place);
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  }

  function forget(place: Place, id: string, author: string): void {
    const key = keyOf(place, author, id);
    const known = texts.get(key);
    if (known?.author === author) texts.set(key, { ...known, text: '' });
  }

  return {
    note(draft, ids, name) {
      if (draft.kind === 'retract') return forget(draft.place, draft.target, authorOf(writerOf(draft)));
      if (draft.kind !== 'message') return;
      const { text, place } = draft;
      const author = authorOf(writerOf(draft));
      // One unit more than the longest shows that it was cut.
      const one: RecentText = { text: text.slice(0, LONGEST + 1), author, name, at: count(place) };
      for (const id of ids) if (id !== undefined) texts.set(keyOf(place, author, id), one);
    },
    about(place, id, author) {
      const found = texts.get(keyOf(place, author, id));
      if (!found) return undefined;
      const fresh = !isRoom(place) && (counts.get(placeKey(place)) ?? 0) - found.at < FRESH;
      return { quote: found.text, fresh, ...(found.name !== undefined && { author: found.name }) };
    },
    writer: (place, id) => (isRoom(place) ? undefined : texts.get(keyOf(place, undefined, id))?.author),
    replace(edit, id) {
      const { place, text } = edit;
      const author = authorOf(writerOf(edit));
      const key = keyOf(place, author, id);
      const before = texts.get(key);
      if (before?.author !== author) return undefined;
      // XEP-0308 §3: a further correction names the first message again.
      texts.set(key, { ...before, text: text.slice(0, LONGEST + 1) });
      return before.text.length > LONGEST ? undefined : before.text;
    },
  };
}
