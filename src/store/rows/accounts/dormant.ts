import type { AccountKey } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** An account that is out of reach until it registers again, since a time in ms. `left`: its user may be somebody else by then. */
export type DormantAccount = { readonly account: AccountKey; readonly since: number; readonly left: boolean };

export type DormantRows = {
  put(dormant: DormantAccount): Statement;
  remove(account: AccountKey): Statement;
  all(): Promise<readonly DormantAccount[]>;
  /** Registered accounts that were last seen before that time (ms), and are not dormant yet. */
  unseen(before: number): Promise<readonly AccountKey[]>;
};

type Row = { readonly account: AccountKey; readonly since: number; readonly has_left: 0 | 1 };

const put = writing((db, a: Row) =>
  db
    .insertInto('dormant')
    .values({ account: a.account, since: a.since, has_left: a.has_left })
    .onConflict((conflict) =>
      conflict
        .column('account')
        .doUpdateSet((old) => ({ since: old.ref('excluded.since'), has_left: old.ref('excluded.has_left') })),
    ),
);

const remove = writing((db, a: { account: AccountKey }) => db.deleteFrom('dormant').where('account', '=', a.account));

const all = reading((db) => db.selectFrom('dormant').selectAll());

const unseen = reading((db, a: { before: number }) =>
  db
    .selectFrom('accounts')
    .leftJoin('dormant', 'dormant.account', 'accounts.key')
    .select('accounts.key')
    .where('accounts.registered', '=', 1)
    .where('accounts.seen', '<', a.before)
    .where('dormant.account', 'is', null),
);

export const dormant = (read: Read): DormantRows => ({
  put: ({ account, since, left }) => put({ account, since, has_left: left ? 1 : 0 }),
  remove: (account) => remove({ account }),
  all: async () =>
    (await read(all({}))).map(({ account, since, has_left }) => ({ account, since, left: has_left === 1 })),
  unseen: async (before) => (await read(unseen({ before }))).map(({ key }) => key),
});
