import { type ExpressionBuilder, sql } from 'kysely';
import type { Schema } from '#src/store/schema.ts';
import { type Db, type Read, reading } from '#src/store/sql.ts';
import type { Archived, ArchivePageAsk, ArchiveRows } from './archive.ts';

/** The set that a page is part of. Absent bounds are the widest. */
type Bounds = { place: string; start: number; end: number; afterId: number; beforeId: number; account: string };
type Stretch = Bounds & { after: number; before: number; max: number };

/** Whether the account had an interval that holds the row. Both ends are inclusive. */
const visible = (account: string) => (eb: ExpressionBuilder<Schema, 'archive'>) =>
  eb.exists(
    eb
      .selectFrom('visibility')
      .select('visibility.account')
      .where('visibility.account', '=', account as never)
      .whereRef('visibility.place', '=', 'archive.place')
      .whereRef('visibility.from_id', '<=', 'archive.id')
      .where((seen) =>
        seen.or([seen('visibility.to_id', 'is', null), seen('visibility.to_id', '>=', seen.ref('archive.id'))]),
      ),
  );

const whole = (db: Db, a: Bounds, restricted: boolean) => {
  const set = db
    .selectFrom('archive')
    .where('archive.place', '=', a.place)
    .where('at', '>=', a.start)
    .where('at', '<=', a.end)
    .where('id', '>', a.afterId)
    .where('id', '<', a.beforeId);
  return restricted ? set.where(visible(a.account)) : set;
};

const stretch = (restricted: boolean, order: 'asc' | 'desc') =>
  reading((db, a: Stretch) =>
    whole(db, a, restricted)
      .select(['id', 'archive.place', 'at', 'archive.from_id as fromId', 'from_name as fromName', 'kind', 'body'])
      .select(['event', 'xmpp', 'foreign_id as foreign', 'about'])
      .where('id', '>', a.after)
      .where('id', '<', a.before)
      .orderBy('id', order)
      .limit(a.max),
  );

const counted = (restricted: boolean) =>
  reading((db, a: Bounds & { first: number }) =>
    whole(db, a, restricted).select([
      sql<number>`count(*)`.as('count'),
      sql<number>`count(case when id < ${a.first} then 1 end)`.as('index'),
    ]),
  );

const statements = (restricted: boolean) => ({
  oldest: stretch(restricted, 'asc'),
  newest: stretch(restricted, 'desc'),
  counted: counted(restricted),
});

const everything = statements(false);
const whatWasSeen = statements(true);

/** Reads a page: one row more than wanted tells whether the set goes on (XEP-0313 §4.3.2: `complete`). */
export const archivePages =
  (read: Read): ArchiveRows['page'] =>
  async ({ place, account, newest = false, max, ...limits }: ArchivePageAsk) => {
    const bounds = {
      place,
      account: account ?? '',
      start: limits.start ?? Number.MIN_SAFE_INTEGER,
      end: limits.end ?? Number.MAX_SAFE_INTEGER,
      afterId: limits.afterId ?? 0,
      beforeId: limits.beforeId ?? Number.MAX_SAFE_INTEGER,
    };
    const { after = 0, before = Number.MAX_SAFE_INTEGER } = limits;
    const { oldest, newest: latest, counted } = account === undefined ? everything : whatWasSeen;
    const found = await read((newest ? latest : oldest)({ ...bounds, after, before, max: max + 1 }));
    const rows: readonly Archived[] = newest ? found.slice(0, max).reverse() : found.slice(0, max);
    const [first, last] = [rows.at(0)?.id, rows.at(-1)?.id];
    const [size] = await read(counted({ ...bounds, first: first ?? 0 }));
    return {
      rows,
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
      complete: found.length <= max,
      count: size?.count ?? 0,
      index: size?.index ?? 0,
    };
  };
