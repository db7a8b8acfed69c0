import type { EventId } from '#src/model/ids.ts';
import { type Read, reading, writing, writingRows } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';
import { archivePages } from './archive-pages.ts';

/** One archived event. `place` is a `placeKey`, `at` a time in ms, `body` JSON of the core's. */
export type Archived = {
  /** Ascending, from `nextId`. Serves as stanza-id (XEP-0359) and as the place in a page (XEP-0059). */
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
};

/** Which part of a place's archive. Bounds of time are inclusive, those of ids exclusive. */
export type ArchivePageAsk = {
  readonly place: string;
  /** Restricts to what this account was there to see. */
  readonly account?: string;
  readonly start?: number;
  readonly end?: number;
  /** Bounds of the set by id, exclusive (XEP-0313 §4.1.3). */
  readonly afterId?: number;
  readonly beforeId?: number;
  /** Bounds of the page, exclusive (XEP-0059): `count` and `index` are not narrowed by them. */
  readonly after?: number;
  readonly before?: number;
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
  /** The next id, ascending over restarts. Throws StoreUnavailable after a long outage. */
  nextId(): number;
  /** Adds up to 1000 rows with few statements. */
  append(rows: readonly Archived[]): readonly Statement[];
  /** Puts something else in the place of a body, such as a tombstone (XEP-0424 §5). Guarded: the row is there. */
  redact(place: string, id: number, body: string): Statement;
  get(place: string, id: number): Promise<Archived | undefined>;
  page(page: ArchivePageAsk): Promise<ArchivedPage>;
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
  ['id', 'place', 'at', 'fromId', 'fromName', 'kind', 'body', 'event', 'xmpp', 'foreign'],
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
        })),
      )
      .onConflict((conflict) => conflict.column('id').doNothing()),
);

const redact = writing(
  (db, a: { place: string; id: number; body: string }) =>
    db.updateTable('archive').set({ body: a.body }).where('id', '=', a.id).where('place', '=', a.place),
  1,
);

const one = reading((db, a: { place: string; id: number }) =>
  db
    .selectFrom('archive')
    .select(['id', 'place', 'at', 'from_id as fromId', 'from_name as fromName', 'kind', 'body', 'event'])
    .select(['xmpp', 'foreign_id as foreign'])
    .where('id', '=', a.id)
    .where('place', '=', a.place),
);

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

export const archive = (read: Read, nextId: () => number): ArchiveRows => ({
  nextId,
  append,
  redact: (place, id, body) => redact({ place, id, body }),
  get: async (place, id) => (await read(one({ place, id })))[0],
  page: archivePages(read),
  prune: (before, max) => prune({ before, max }),
  purge: (place, max) => purge({ place, max }),
  purgeUnseen: (place, max) => purgeUnseen({ place, max }),
});
