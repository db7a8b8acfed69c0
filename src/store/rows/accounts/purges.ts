import { type RawBuilder, sql } from 'kysely';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { db, type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** An account whose rows are being removed: all that is older than `since`, a time in ms. */
export type Purge = { readonly account: AccountKey; readonly since: number };

/** What is left of accounts that were removed. It is out of their reach from `begin` on, and goes in chunks. */
export type Purges = {
  /** Puts what the account was there to see out of reach, and notes that the rest is to go. */
  begin(purge: Purge): readonly Statement[];
  /** Nothing of the account is left. */
  end(account: AccountKey): Statement;
  all(): Promise<readonly Purge[]>;
  /** The places of which a removed account could read something, and that have not been cleared. */
  places(account: AccountKey): Promise<readonly string[]>;
  /** Up to `max` rows that the removed account alone could see in the place. Done when it has changed fewer. */
  unseen(account: AccountKey, place: string, max: number): Statement;
  /** Forgets what the removed account could see in a place, once nothing there was for it alone. */
  cleared(account: AccountKey, place: string): Statement;
  /** Each removes up to `max` rows of one kind: archive and links of its own places, and links of what it wrote. */
  chunks(purge: Purge, max: number): readonly Statement[];
};

/** The name under which a removed account's intervals wait: no bare JID has a slash, so nobody can read by them. */
const tomb = (account: AccountKey): AccountKey => `/${account}` as AccountKey;

const begin = writing((db, a: Purge) =>
  db
    .insertInto('purges')
    .values({ account: a.account, since: a.since })
    .onConflict((conflict) => conflict.column('account').doUpdateSet((old) => ({ since: old.ref('excluded.since') }))),
);

const bury = writing((db, a: { account: AccountKey; tomb: AccountKey }) =>
  db.updateTable('visibility').set({ account: a.tomb }).where('account', '=', a.account),
);

const end = writing((db, a: { account: AccountKey }) => db.deleteFrom('purges').where('account', '=', a.account));

const all = reading((db) => db.selectFrom('purges').select(['account', 'since']).orderBy('account'));

const places = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('visibility').select('place').distinct().where('account', '=', a.account).orderBy('place'),
);

const cleared = writing((db, a: { account: AccountKey; place: string }) =>
  db.deleteFrom('visibility').where('account', '=', a.account).where('place', '=', a.place),
);

/** Whether an interval of the account, or of anybody who was not removed, holds the row. Both ends are inclusive. */
const seen = (whose: RawBuilder<unknown>) => sql`exists (select 1 from visibility as seen
    where seen.place = old.place and ${whose}
    and seen.from_id <= old.id and (seen.to_id is null or seen.to_id >= old.id))`;
const living = sql`(seen.account < '/' or seen.account >= '0')`;

const unseen = writing((_, a: { account: AccountKey; place: string; max: number }) => ({
  compile: () =>
    sql`delete from archive where id in (select old.id from archive as old where old.place = ${a.place}
      and ${seen(sql`seen.account = ${a.account}`)} and not ${seen(living)} order by old.id limit ${a.max})`.compile(
      db,
    ),
}));

type Range = { readonly from: string; readonly to: string; readonly since: number; readonly max: number };

const archive = writing((_, a: Range) => ({
  compile: () =>
    sql`delete from archive where id in (select old.id from archive as old
      where old.place >= ${a.from} and old.place < ${a.to} and old.at <= ${a.since} limit ${a.max})`.compile(db),
}));

const links = writing((_, a: Range) => ({
  compile: () =>
    sql`delete from links where (event, side, part) in (select event, side, part from links
      where place >= ${a.from} and place < ${a.to} and at <= ${a.since} limit ${a.max})`.compile(db),
}));

// The bounds of the index are written out, so that both engines see that it serves.
const written = writing((_, a: Range & { author: string }) => ({
  compile: () =>
    sql`delete from links where (event, side, part) in (select event, side, part from links
      where author = ${a.author} and author >= 'xmpp:' and author < 'xmpp;' and place >= 'shared ' and place < 'shared!'
      and place >= ${a.from} and place < ${a.to} and at <= ${a.since} limit ${a.max})`.compile(db),
}));

/** The keys of places begin so; what sorts behind a space ends them. */
const within = (prefix: string) => ({ from: `${prefix} `, to: `${prefix}!` });

export const purges = (read: Read): Purges => ({
  begin: (purge) => [begin(purge), bury({ account: purge.account, tomb: tomb(purge.account) })],
  end: (account) => end({ account }),
  all: () => read(all({})),
  places: async (account) => (await read(places({ account: tomb(account) }))).map(({ place }) => place),
  unseen: (account, place, max) => unseen({ account: tomb(account), place, max }),
  cleared: (account, place) => cleared({ account: tomb(account), place }),
  chunks({ account, since }, max) {
    const { user, transport } = splitAccount(account);
    const own = ['contact', 'room', 'realm'].map((kind) => ({ ...within(`${kind} ${account}`), since, max }));
    const wrote = { ...within(`shared ${transport}`), since, max, author: `xmpp:${user}` };
    return [...own.flatMap((range) => [archive(range), links(range)]), written(wrote)];
  },
});
