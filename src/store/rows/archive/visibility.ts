import { sql } from 'kysely';
import type { AccountKey } from '#src/model/ids.ts';
import { db, type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** From which to which archive id an account was in a place, both included. Open while `to` is null. */
export type Interval = { readonly from: number; readonly to: number | null };

/** What of a shared archive each account may read: what was said while it was there. Ids come from `archive.nextId`. */
export type Visibility = {
  /** Opens an interval, unless one is open. */
  open(account: AccountKey, place: string, from: number): Statement;
  /** Closes the open interval, if there is one. */
  close(account: AccountKey, place: string, to: number): Statement;
  /** Lets the account see one row, or those up to `last`, unless it can. */
  cover(account: AccountKey, place: string, id: number, last?: number): Statement;
  /** Closes every open interval: after an unclean stop, since nobody is in any place at the start. */
  closeAll(to: number): Statement;
  /** Forgets what the account was there to see, in that place or everywhere. */
  remove(account: AccountKey, place?: string): Statement;
  intervals(account: AccountKey, place: string): Promise<readonly Interval[]>;
  /** Every place of which the account may read something. */
  places(account: AccountKey): Promise<readonly string[]>;
};

type At = { account: AccountKey; place: string };

const open = writing((_, a: At & { from: number }) => ({
  compile: () =>
    sql`insert into visibility (account, place, from_id)
      select ${a.account}, ${a.place}, cast(${a.from} as bigint)
      where not exists (select 1 from visibility where account = ${a.account} and place = ${a.place} and to_id is null)`.compile(
      db,
    ),
}));

const cover = writing((_, a: At & { id: number; last: number }) => ({
  compile: () =>
    sql`insert into visibility (account, place, from_id, to_id)
      select ${a.account}, ${a.place}, cast(${a.id} as bigint), cast(${a.last} as bigint)
      where not exists (select 1 from visibility where account = ${a.account} and place = ${a.place}
        and from_id <= ${a.id} and (to_id is null or to_id >= ${a.last}))
      on conflict (account, place, from_id) do update set to_id = excluded.to_id
      where visibility.to_id < excluded.to_id`.compile(db),
}));

const close = writing((db, a: At & { to: number }) =>
  db
    .updateTable('visibility')
    .set({ to_id: a.to })
    .where('account', '=', a.account)
    .where('place', '=', a.place)
    .where('to_id', 'is', null),
);

const closeAll = writing((db, a: { to: number }) =>
  db.updateTable('visibility').set({ to_id: a.to }).where('to_id', 'is', null),
);

const removeFrom = writing((db, a: At) =>
  db.deleteFrom('visibility').where('account', '=', a.account).where('place', '=', a.place),
);

const removeAll = writing((db, a: { account: AccountKey }) =>
  db.deleteFrom('visibility').where('account', '=', a.account),
);

const intervals = reading((db, a: At) =>
  db
    .selectFrom('visibility')
    .select(['from_id as from', 'to_id as to'])
    .where('account', '=', a.account)
    .where('place', '=', a.place)
    .orderBy('from_id'),
);

const places = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('visibility').select('place').distinct().where('account', '=', a.account).orderBy('place'),
);

export const visibility = (read: Read): Visibility => ({
  open: (account, place, from) => open({ account, place, from }),
  cover: (account, place, id, last = id) => cover({ account, place, id, last }),
  close: (account, place, to) => close({ account, place, to }),
  closeAll: (to) => closeAll({ to }),
  remove: (account, place) => (place === undefined ? removeAll({ account }) : removeFrom({ account, place })),
  intervals: (account, place) => read(intervals({ account, place })),
  places: async (account) => (await read(places({ account }))).map(({ place }) => place),
});
