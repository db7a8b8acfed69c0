import { type AccountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** Whoever uses a transport. Made on the first permitted use; `registered` is a flag on it. Times in ms. */
export type Account = {
  readonly key: AccountKey;
  readonly user: BareJid;
  readonly transport: string;
  readonly registered: boolean;
  readonly created: number;
  readonly seen: number;
};

export type AccountRows = {
  /** Makes the account, or notes that it was seen. A registration is never undone by this. */
  put(account: Account): Statement;
  /** The same for an account that is not registered by this: it was used at that time. */
  used(key: AccountKey, at: number): Statement;
  /** Registers or unregisters. Guarded: the account exists. */
  register(key: AccountKey, registered: boolean): Statement;
  /** Removes the account and, with it, its credentials. */
  remove(key: AccountKey): Statement;
  get(key: AccountKey): Promise<Account | undefined>;
  /** The accounts of a user at every transport. */
  ofUser(user: BareJid): Promise<readonly Account[]>;
  /** Up to `max` accounts in the order of their keys, after that one. */
  list(max: number, after?: string): Promise<readonly Account[]>;
};

type AccountRow = Omit<Account, 'registered'> & { readonly registered: 0 | 1 };

const put = writing((db, a: AccountRow) =>
  db
    .insertInto('accounts')
    .values({
      key: a.key,
      user: a.user,
      transport: a.transport,
      registered: a.registered,
      created: a.created,
      seen: a.seen,
    })
    .onConflict((conflict) => conflict.column('key').doUpdateSet((old) => ({ seen: old.ref('excluded.seen') }))),
);

const register = writing(
  (db, a: { key: AccountKey; registered: 0 | 1 }) =>
    db.updateTable('accounts').set({ registered: a.registered }).where('key', '=', a.key),
  1,
);

const remove = writing((db, a: { key: AccountKey }) => db.deleteFrom('accounts').where('key', '=', a.key));

const one = reading((db, a: { key: AccountKey }) => db.selectFrom('accounts').selectAll().where('key', '=', a.key));

const ofUser = reading((db, a: { user: BareJid }) =>
  db.selectFrom('accounts').selectAll().where('user', '=', a.user).orderBy('key'),
);

const list = reading((db, a: { after: AccountKey; max: number }) =>
  db.selectFrom('accounts').selectAll().where('key', '>', a.after).orderBy('key').limit(a.max),
);

const account = (row: AccountRow): Account => ({ ...row, registered: row.registered === 1 });

export const accounts = (read: Read): AccountRows => ({
  used: (key, at) => put({ key, ...splitAccount(key), registered: 0, created: at, seen: at }),
  put: (row) => put({ ...row, registered: row.registered ? 1 : 0 }),
  register: (key, registered) => register({ key, registered: registered ? 1 : 0 }),
  remove: (key) => remove({ key }),
  get: async (key) => (await read(one({ key }))).map(account)[0],
  ofUser: async (user) => (await read(ofUser({ user }))).map(account),
  list: async (max, after = '') => (await read(list({ after: after as AccountKey, max }))).map(account),
});
