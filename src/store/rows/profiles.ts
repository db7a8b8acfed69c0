import type { AccountKey } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** What somebody is called, and the SHA-1 of their picture in hexadecimal; `''` is told to have none, `null` unknown. */
export type KnownProfile = { readonly name: string | null; readonly photo: string | null };

/** The profiles of contacts, by the ids of those, and what a network was told of the account itself. */
export type ProfileRows = {
  put(account: AccountKey, who: string, profile: KnownProfile): Statement;
  /** All of an account. */
  of(account: AccountKey): Promise<readonly (KnownProfile & { readonly who: string })[]>;
  removeAll(account: AccountKey): Statement;
};

const put = writing((db, a: { account: AccountKey; who: string; name: string | null; photo: string | null }) =>
  db
    .insertInto('profiles')
    .values({ account: a.account, who: a.who, name: a.name, photo: a.photo })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'who'])
        .doUpdateSet((old) => ({ name: old.ref('excluded.name'), photo: old.ref('excluded.photo') })),
    ),
);

const ofAccount = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('profiles').select(['who', 'name', 'photo']).where('account', '=', a.account),
);

const removeAll = writing((db, a: { account: AccountKey }) =>
  db.deleteFrom('profiles').where('account', '=', a.account),
);

export const profiles = (read: Read): ProfileRows => ({
  put: (account, who, { name, photo }) => put({ account, who, name, photo }),
  of: (account) => read(ofAccount({ account })),
  removeAll: (account) => removeAll({ account }),
});
