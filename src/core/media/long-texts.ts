import type { Draft } from '#src/model/event.ts';
import { accountKey } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { MediaStore, Spot } from './media.ts';

type Whole = { readonly url: string; readonly until: string };
type Texts = Pick<MediaStore, 'reserve' | 'fill'>;

/** A text that may turn out to be too long for where it goes. */
export type LongText = {
  /** What the tables are told: the link that there would be. */
  readonly whole: Whole;
  /** Puts the text there where a piece tells of the link, so that nobody gets a link before there is something behind it. */
  settled(pieces: readonly Draft[]): readonly Draft[] | Promise<readonly Draft[]>;
};

const NAME = 'message.txt';

/**
 * A link for the whole text of a draft that could become more than `pieces` pieces. The tables decide whether it is
 * used: only then is anything written.
 */
export function longText(draft: Draft, pieces: number, media: Texts | undefined): LongText | undefined {
  // No piece is empty: what is shorter can never be too many.
  if (!media || draft.kind !== 'message' || draft.from.kind !== 'xmpp' || draft.text.length <= pieces) return undefined;
  const { text, from, place } = draft;
  let spot: Spot | undefined;
  // Most are short: nothing is reserved before a table asks for the link.
  const reserved = (): Spot => (spot ??= media.reserve(NAME));
  return {
    whole: {
      get url() {
        return reserved().url;
      },
      get until() {
        return dayOf(reserved());
      },
    },
    settled(all) {
      const link = spot;
      if (!link || !all.some((piece) => piece.kind === 'message' && piece.text.includes(link.url))) return all;
      const account = accountKey(from.bare, placeTransport(place));
      return media.fill(link, new TextEncoder().encode(text), { account, type: 'text/plain' }).then(() => all);
    },
  };
}

/** The day on which it expires, in UTC. */
const dayOf = ({ expires }: Spot): string => new Date(expires).toISOString().slice(0, 10);
