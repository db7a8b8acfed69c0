import { sql } from 'kysely';
import { db, type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/**
 * A file that is kept for people to fetch. `id` is a digest of the name in its address: who reads the store cannot
 * fetch it. `account` is empty where it is nobody's. Sizes in bytes, times in ms.
 */
export type MediaFile = {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly expires: number;
};

/** The most bytes that one account and all together may have. */
export type Quota = { readonly quota: number; readonly total: number };

export type MediaFiles = {
  /** Guarded: there is room for it, else its unit is undone. */
  add(file: MediaFile, room: Quota): Statement;
  /** Gives one that is nobody's to an account until it expires. Guarded as `add`. */
  give(to: Pick<MediaFile, 'id' | 'account' | 'expires'>, quota: number): Statement;
  get(id: string): Promise<MediaFile | undefined>;
  /** The ids of up to `max` files that have expired and are still there. */
  expired(now: number, max: number): Promise<readonly string[]>;
  /** The file is no longer there; that it was is remembered, and nothing of its name or owner. */
  gone(id: string): Statement;
  /** Lets all files of an account expire. */
  expireAll(account: string, now: number): Statement;
  /** Forgets one. */
  remove(id: string): Statement;
  /** Forgets up to `max` files that are gone and expired before a time. Done when it has changed fewer. */
  forget(before: number, max: number): Statement;
};

// Who has files that belong to nobody is not asked for a quota of its own.
const add = writing(
  (_, a: MediaFile & Quota) => ({
    compile: () =>
      sql`insert into media (id, account, name, type, size, expires, gone)
        select ${a.id}, ${a.account}, ${a.name}, ${a.type}, cast(${a.size} as bigint), cast(${a.expires} as bigint), 0
        where (${a.account} = '' or cast(${a.quota} as bigint) >= cast(${a.size} as bigint)
            + (select coalesce(sum(size), 0) from media where account = ${a.account}))
          and cast(${a.total} as bigint) >= cast(${a.size} as bigint)
            + (select coalesce(sum(size), 0) from media where gone = 0)`.compile(db),
  }),
  1,
);

const give = writing(
  (_, a: Pick<MediaFile, 'id' | 'account' | 'expires'> & { quota: number }) => ({
    compile: () =>
      sql`update media set account = ${a.account}, expires = cast(${a.expires} as bigint)
        where id = ${a.id} and gone = 0 and account = '' and cast(${a.quota} as bigint) >= size
          + (select coalesce(sum(size), 0) from media where account = ${a.account})`.compile(db),
  }),
  1,
);

const one = reading((db, a: { id: string }) =>
  db.selectFrom('media').select(['id', 'account', 'name', 'type', 'size', 'expires']).where('id', '=', a.id),
);

const expired = reading((db, a: { now: number; max: number }) =>
  db
    .selectFrom('media')
    .select('id')
    .where('gone', '=', 0)
    .where('expires', '<=', a.now)
    .orderBy('expires')
    .limit(a.max),
);

const gone = writing((db, a: { id: string }) =>
  db.updateTable('media').set({ gone: 1, size: 0, account: '', name: '', type: '' }).where('id', '=', a.id),
);

const expireAll = writing((db, a: { account: string; now: number }) =>
  db
    .updateTable('media')
    .set({ expires: a.now })
    .where('account', '=', a.account)
    .where('gone', '=', 0)
    .where('expires', '>', a.now),
);

const remove = writing((db, a: { id: string }) => db.deleteFrom('media').where('id', '=', a.id));

const forget = writing((db, a: { before: number; max: number }) =>
  db
    .deleteFrom('media')
    .where('id', 'in', (from) =>
      from
        .selectFrom('media')
        .select('id')
        .where('gone', '=', 1)
        .where('expires', '<=', a.before)
        .orderBy('expires')
        .limit(a.max),
    ),
);

export const mediaFiles = (read: Read): MediaFiles => ({
  add: (file, room) => add({ ...file, ...room }),
  give: (to, quota) => give({ ...to, quota }),
  get: async (id) => (await read(one({ id })))[0],
  expired: async (now, max) => (await read(expired({ now, max }))).map(({ id }) => id),
  gone: (id) => gone({ id }),
  expireAll: (account, now) => expireAll({ account, now }),
  remove: (id) => remove({ id }),
  forget: (before, max) => forget({ before, max }),
});
