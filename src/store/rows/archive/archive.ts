import { sql } from 'kysely';
import { openRecent } from '#src/lib/recent.ts';
import type { EventId } from '#src/model/ids.ts';
import { type Db, db, type Read, reading, writing, writingRows } from '#src/store/sql.ts';
import type { Statement, Value } from '#src/store/unit.ts';
import { archivePages } from './archive-pages.ts';

/** An id holds this many of the same millisecond. */
const PER_MS = 1000;
/** Rows of a place that are found by the ids that they were sent with. */
const NAMED = 10_000;
/** Milliseconds of the past of which the ids are remembered that were given lately. */
const GIVEN = 10_000;

/** One archived event. `place` is a `placeKey`, `at` a time in ms, `body` JSON of the core's. */
export type Archived = {
  /** From `nextId` or `freeId`: it carries the time. Serves as stanza-id (XEP-0359) and as the place in a page (XEP-0059). */
  readonly id: number;
  readonly place: string;
  readonly at: number;
  readonly fromId: string;
  readonly fromName: string | null;
  readonly kind: string;
  readonly body: string;
  readonly event: EventId;
  /** The ids that it had on either side. */
  readonly xmpp: string | null;
  readonly foreign: string | null;
  /** The id of the archived message that it is about. */
  readonly about: number | null;
};

/** Which part of a place's archive. Bounds of time are inclusive, those of ids exclusive. */
export type ArchivePageAsk = {
  readonly place: string;
  /** Restricts to what this account was there to see. */
  readonly account?: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Bounds of the set by id, exclusive (XEP-0313 §4.1.3). */
  readonly afterId?: number | undefined;
  readonly beforeId?: number | undefined;
  /** Bounds of the page, exclusive (XEP-0059): `count` and `index` are not narrowed by them. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** The newest of what fits, instead of the oldest: XEP-0059 §2.3, §2.5. The rows still ascend. */
  readonly newest?: boolean;
  /** How many rows; 0 is for a count alone. */
  readonly max: number;
};

/** XEP-0059: `first`, `last` and `complete` of the rows, `count` of the whole set, `index` of the first row in it. */
export type ArchivedPage = {
  readonly rows: readonly Archived[];
  readonly first?: number;
  readonly last?: number;
  readonly complete: boolean;
  readonly count: number;
  readonly index: number;
};

export type ArchiveRows = {
  /** The next id at a time in ms, the present one if none is given: ascending, also over restarts. */
  nextId(now?: number): number;
  /** An id of a time that has gone by, which no row has: ms since 1970 times 1000, and a counter. */
  freeId(at: number): Promise<number>;
  /** Adds up to 1000 rows with few statements. */
  append(rows: readonly Archived[]): readonly Statement[];
  /** Puts something else in the place of a body, such as a tombstone (XEP-0424 §5). Guarded: the row is there. */
  redact(place: string, id: number, body: string): Statement;
  /** The same for a message of that author that still has its text; nothing where it is not so. */
  correct(place: string, id: number, by: string, body: string): Statement;
  /**
   * Takes a message out, with all texts that were to replace its own: a tombstone stays for each. With `by` only one of
   * that author; nothing where it is not so.
   */
  retract(place: string, id: number, by: string | undefined, body: string): readonly Statement[];
  get(place: string, id: number): Promise<Archived | undefined>;
  /** The newest row that was sent with that id, by that author if there is one: of the last 10,000 of the place. */
  sent(place: string, xmpp: string, by?: string): Promise<Archived | undefined>;
  /** Those of the ids that are there, in their order. */
  all(place: string, ids: readonly number[]): Promise<readonly Archived[]>;
  page(page: ArchivePageAsk): Promise<ArchivedPage>;
  /** When the newest of a place was said, in ms; 0 where there is nothing. */
  newest(place: string): Promise<number>;
  /** What has which ids from `from` up to but not including `to`, in all places, in order. */
  between(from: number, to: number): Promise<readonly Pick<Archived, 'id' | 'place' | 'event'>[]>;
  /**
   * Looks at the `max` oldest rows and removes those from before `before`; done when it changes none. A row that was
   * back-filled goes when its turn comes.
   */
  prune(before: number, max: number): Statement;
  /** Removes up to `max` rows of a place. Done when it has changed fewer. */
  purge(place: string, max: number): Statement;
  /** The same for rows that no account may see. */
  purgeUnseen(place: string, max: number): Statement;
};

const append = writingRows<Archived>(
  ['id', 'place', 'at', 'fromId', 'fromName', 'kind', 'body', 'event', 'xmpp', 'foreign', 'about'],
  // A unit that is repeated because nobody knows whether it was done adds nothing twice: ids are given once.
  (db, rows) =>
    db
      .insertInto('archive')
      .values(
        rows.map((row) => ({
          id: row.id,
          place: row.place,
          at: row.at,
          from_id: row.fromId,
          from_name: row.fromName,
          kind: row.kind,
          body: row.body,
          event: row.event,
          xmpp: row.xmpp,
          foreign_id: row.foreign,
          about: row.about,
        })),
      )
      .onConflict((conflict) => conflict.column('id').doNothing()),
);

const redact = writing(
  (db, a: { place: string; id: number; body: string }) =>
    db.updateTable('archive').set({ body: a.body }).where('id', '=', a.id).where('place', '=', a.place),
  1,
);

const correct = writing((db, a: { place: string; id: number; by: string; body: string }) =>
  db
    .updateTable('archive')
    .set({ body: a.body })
    .where('id', '=', a.id)
    .where('place', '=', a.place)
    .where('from_id', '=', a.by)
    .where('kind', '=', 'message'),
);

const retract = writing((db, a: { place: string; id: number; body: string }) =>
  db
    .updateTable('archive')
    .set({ body: a.body, kind: 'retracted' })
    .where('id', '=', a.id)
    .where('place', '=', a.place)
    .where('kind', '=', 'message'),
);

const retractOwn = writing((db, a: { place: string; id: number; by: string; body: string }) =>
  db
    .updateTable('archive')
    .set({ body: a.body, kind: 'retracted' })
    .where('id', '=', a.id)
    .where('place', '=', a.place)
    .where('from_id', '=', a.by)
    .where('kind', '=', 'message'),
);

/** Only once the message itself is gone. */
const retractEdits = writing((db, a: { place: string; id: number; body: string }) =>
  db
    .updateTable('archive')
    .set({ body: a.body, kind: 'retracted' })
    .where('about', '=', a.id)
    .where('place', '=', a.place)
    .where('kind', '=', 'edit')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('archive as gone')
          .select('gone.id')
          .where('gone.id', '=', a.id)
          .where('gone.place', '=', a.place)
          .where('gone.kind', '=', 'retracted'),
      ),
    ),
);

const rows = (on: Db, place: string) =>
  on
    .selectFrom('archive')
    .select(['id', 'place', 'at', 'from_id as fromId', 'from_name as fromName', 'kind', 'body', 'event'])
    .select(['xmpp', 'foreign_id as foreign', 'about'])
    .where('place', '=', place);

const one = reading((db, a: { place: string; id: number }) => rows(db, a.place).where('id', '=', a.id));

const between = reading((db, a: { from: number; to: number }) =>
  db
    .selectFrom('archive')
    .select(['id', 'place', 'event'])
    .where('id', '>=', a.from)
    .where('id', '<', a.to)
    .orderBy('id'),
);

/** There is no index of these ids: clients make them up, and it would cost as much as the rows. */
const sent = reading((db, a: { place: string; xmpp: string; by: string }) =>
  rows(db, a.place)
    .where('id', '>', ({ fn, selectFrom, val }) =>
      fn.coalesce(
        selectFrom('archive as newer')
          .select('newer.id')
          .where('newer.place', '=', a.place)
          .orderBy('newer.id', 'desc')
          .offset(NAMED)
          .limit(1),
        val(0),
      ),
    )
    .where('xmpp', '=', a.xmpp)
    .orderBy(sql<number>`from_id = ${a.by}`, 'desc')
    .orderBy('id', 'desc')
    .limit(1),
);

const newest = reading((db, a: { place: string }) =>
  db.selectFrom('archive').select('at').where('place', '=', a.place).orderBy('id', 'desc').limit(1),
);

const last = reading((db, a: { before: number }) =>
  db.selectFrom('archive').select('id').where('id', '<', a.before).orderBy('id', 'desc').limit(1),
);

/**
 * Hands out ids that carry the time, ascending, and never one twice: it begins behind the newest row, in case the clock
 * was put back.
 */
export async function openArchiveIds(read: Read): Promise<(now?: number) => number> {
  const [newest] = await read(last({ before: Number.MAX_SAFE_INTEGER }));
  let next = (newest?.id ?? 0) + 1;
  return (now = Date.now()) => {
    next = Math.max(next, now * PER_MS);
    return next++;
  };
}

const prune = writing((db, a: { before: number; max: number }) =>
  db.deleteFrom('archive').where('id', 'in', (eb) =>
    eb
      .selectFrom(eb.selectFrom('archive').select(['id', 'at']).orderBy('id').limit(a.max).as('oldest'))
      .select('oldest.id')
      .where('oldest.at', '<', a.before),
  ),
);

const purge = writing((db, a: { place: string; max: number }) =>
  db
    .deleteFrom('archive')
    .where('id', 'in', (eb) =>
      eb.selectFrom('archive as old').select('old.id').where('old.place', '=', a.place).orderBy('old.id').limit(a.max),
    ),
);

const purgeUnseen = writing((db, a: { place: string; max: number }) =>
  db.deleteFrom('archive').where('id', 'in', (eb) =>
    eb
      .selectFrom('archive as old')
      .select('old.id')
      .where('old.place', '=', a.place)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('visibility as seen')
              .select('seen.account')
              .whereRef('seen.place', '=', 'old.place')
              .whereRef('seen.from_id', '<=', 'old.id')
              .where((seen) => seen.or([seen('seen.to_id', 'is', null), seen('seen.to_id', '>=', seen.ref('old.id'))])),
          ),
        ),
      )
      .orderBy('old.id')
      .limit(a.max),
  ),
);

export const archive = (read: Read, nextId: ArchiveRows['nextId']): ArchiveRows => {
  /** The last that was given of a millisecond: it may not be written yet. */
  const given = openRecent<number>(GIVEN);
  return {
    nextId,
    async freeId(at) {
      const first = Math.floor(at) * PER_MS;
      const [newest] = await read(last({ before: first + PER_MS }));
      const id = Math.max(first, (newest?.id ?? 0) + 1, (given.get(String(first)) ?? 0) + 1);
      given.set(String(first), id);
      return id;
    },
    append,
    redact: (place, id, body) => redact({ place, id, body }),
    correct: (place, id, by, body) => correct({ place, id, by, body }),
    retract: (place, id, by, body) => [
      by === undefined ? retract({ place, id, body }) : retractOwn({ place, id, by, body }),
      retractEdits({ place, id, body }),
    ],
    get: async (place, id) => (await read(one({ place, id })))[0],
    sent: async (place, xmpp, by = '') => (await read(sent({ place, xmpp, by })))[0],
    async all(place, ids) {
      if (ids.length === 0) return [];
      const { sql, parameters } = rows(db, place).where('id', 'in', ids).orderBy('id').compile();
      return read<Archived>({ sql, params: parameters as Value[] });
    },
    page: archivePages(read),
    newest: async (place) => (await read(newest({ place })))[0]?.at ?? 0,
    between: (from, to) => read(between({ from, to })),
    prune: (before, max) => prune({ before, max }),
    purge: (place, max) => purge({ place, max }),
    purgeUnseen: (place, max) => purgeUnseen({ place, max }),
  };
};
