import type { EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import type { LinkSide } from '#src/store/schema.ts';
import { type Read, reading, writing, writingRows } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/**
 * The ids that one event has on both sides: a stanza may become several lines, a foreign message several stanzas.
 * `place` is a `placeKey`, `at` a time in ms. Ids of stanzas are chosen by clients, so each side keeps its author.
 */
export type MessageIds = {
  readonly event: EventId;
  readonly place: string;
  readonly at: number;
  readonly author: string;
} & (
  | { readonly side: 'xmpp'; readonly ids: readonly XmppId[]; readonly first?: number }
  | { readonly side: 'foreign'; readonly ids: readonly ForeignId[]; readonly first?: number }
);

/** Whose id it is: the newest event with that id in the place, by that author where one is given. */
export type LinkedEvent = {
  readonly event: EventId;
  readonly author: string;
  readonly xmpp: readonly XmppId[];
  readonly foreign: readonly ForeignId[];
};

export type Links = {
  /**
   * Adds ids of one side each, as parts `first` (default 0) and on, with few statements. A part that is known stays as
   * it is.
   */
  add(...links: readonly MessageIds[]): readonly Statement[];
  byXmpp(place: string, id: XmppId, author?: string): Promise<LinkedEvent | undefined>;
  byForeign(place: string, id: ForeignId, author?: string): Promise<LinkedEvent | undefined>;
  byEvent(event: EventId): Promise<Pick<LinkedEvent, 'xmpp' | 'foreign'>>;
  /** Whether anything that was said in a place is linked. */
  any(place: string): Promise<boolean>;
  /** Removes up to `max` links that are older than `before`. Done when it has changed fewer. */
  prune(before: number, max: number): Statement;
};

type LinkRow = {
  readonly event: EventId;
  readonly side: LinkSide;
  readonly part: number;
  readonly place: string;
  readonly id: string;
  readonly author: string;
  readonly at: number;
};

const add = writingRows<LinkRow>(['event', 'side', 'part', 'place', 'id', 'author', 'at'], (db, rows) =>
  db
    .insertInto('links')
    .values(rows.map(({ event, side, part, place, id, author, at }) => ({ event, side, part, place, id, author, at })))
    .onConflict((conflict) => conflict.columns(['event', 'side', 'part']).doNothing()),
);

const rowsOf = ({ ids, first = 0, ...link }: MessageIds): LinkRow[] =>
  ids.map((id, index) => ({ ...link, id, part: first + index }));

type Looked = { place: string; side: LinkSide; id: string };

const newest = reading((db, a: Looked) =>
  db
    .selectFrom('links')
    .select(['event', 'author'])
    .where('place', '=', a.place)
    .where('side', '=', a.side)
    .where('id', '=', a.id)
    .orderBy('at', 'desc')
    .orderBy('event', 'desc')
    .limit(1),
);

const newestBy = reading((db, a: Looked & { author: string }) =>
  db
    .selectFrom('links')
    .select(['event', 'author'])
    .where('place', '=', a.place)
    .where('side', '=', a.side)
    .where('id', '=', a.id)
    .where('author', '=', a.author)
    .orderBy('at', 'desc')
    .orderBy('event', 'desc')
    .limit(1),
);

const inPlace = reading((db, a: { place: string }) =>
  db.selectFrom('links').select('event').where('place', '=', a.place).limit(1),
);

const ofEvent = reading((db, a: { event: EventId }) =>
  db.selectFrom('links').select(['side', 'id']).where('event', '=', a.event).orderBy('side').orderBy('part'),
);

const prune = writing((db, a: { before: number; max: number }) =>
  db.deleteFrom('links').where(({ eb, refTuple, selectFrom }) =>
    eb(
      refTuple('event', 'side', 'part'),
      'in',
      selectFrom('links as old')
        .select(['old.event', 'old.side', 'old.part'])
        .where('old.at', '<', a.before)
        .orderBy('old.at')
        // Those of the same time too go in one order, on every engine.
        .orderBy('old.event')
        .orderBy('old.side')
        .orderBy('old.part')
        .limit(a.max)
        .$asTuple('event', 'side', 'part'),
    ),
  ),
);

export const links = (read: Read): Links => {
  const byEvent = async (event: EventId) => {
    const rows = await read(ofEvent({ event }));
    const of = (side: LinkSide) => rows.filter((row) => row.side === side).map(({ id }) => id);
    return { xmpp: of('xmpp') as XmppId[], foreign: of('foreign') as ForeignId[] };
  };
  const find = async (looked: Looked, author: string | undefined) => {
    const [row] = await read(author === undefined ? newest(looked) : newestBy({ ...looked, author }));
    return row && { ...row, ...(await byEvent(row.event)) };
  };
  return {
    add: (...links) => add(links.flatMap(rowsOf)),
    byXmpp: (place, id, author) => find({ place, side: 'xmpp', id }, author),
    byForeign: (place, id, author) => find({ place, side: 'foreign', id }, author),
    byEvent,
    any: async (place) => (await read(inPlace({ place }))).length > 0,
    prune: (before, max) => prune({ before, max }),
  };
};
