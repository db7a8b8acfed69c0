import type { AccountKey } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { type SealKey, seal, unseal } from '#src/store/seal.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** Which secret of an account: in a realm (`''` where there is only one), by its name, such as `password`. */
export type CredentialPlace = { readonly account: AccountKey; readonly realm: string; readonly name: string };

/** A secret as it was found: in plain, and as the row holds it. */
export type CredentialFound = { readonly secret: Sealed; readonly stored: Uint8Array };

/** What an account logs in with. Sealed before it leaves this thread (SECURITY rule 9). */
export type CredentialRows = {
  /** Guarded by a foreign key: the account exists. */
  put(key: SealKey, place: CredentialPlace, secret: Sealed): Statement;
  remove(account: AccountKey, realm: string): Statement;
  /** Removes a secret as it was found. Guarded by it: it is there, as it was. */
  removeFound(place: CredentialPlace, found: CredentialFound): Statement;
  /** The secrets of an account in a realm by their names. Rejects with SealBroken under another key. */
  get(key: SealKey, account: AccountKey, realm: string): Promise<ReadonlyMap<string, Sealed>>;
  /** The same, each with what it takes to replace it and no other. */
  find(key: SealKey, account: AccountKey, realm: string): Promise<ReadonlyMap<string, CredentialFound>>;
  /** Every account that has secrets, with the realms that they are for. */
  accounts(): Promise<readonly Pick<CredentialPlace, 'account' | 'realm'>[]>;
  /** The realms for which the account has secrets. */
  realms(account: AccountKey): Promise<readonly string[]>;
};

const put = writing((db, a: CredentialPlace & { keyId: string; sealed: Uint8Array }) =>
  db
    .insertInto('credentials')
    .values({ account: a.account, realm: a.realm, name: a.name, key_id: a.keyId, sealed: a.sealed })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'realm', 'name'])
        .doUpdateSet((old) => ({ key_id: old.ref('excluded.key_id'), sealed: old.ref('excluded.sealed') })),
    ),
);

const remove = writing((db, a: { account: AccountKey; realm: string }) =>
  db.deleteFrom('credentials').where('account', '=', a.account).where('realm', '=', a.realm),
);

const removeFound = writing(
  (db, a: CredentialPlace & { old: Uint8Array }) =>
    db
      .deleteFrom('credentials')
      .where('account', '=', a.account)
      .where('realm', '=', a.realm)
      .where('name', '=', a.name)
      .where('sealed', '=', a.old),
  1,
);

const ofRealm = reading((db, a: { account: AccountKey; realm: string }) =>
  db
    .selectFrom('credentials')
    .select(['name', 'sealed'])
    .where('account', '=', a.account)
    .where('realm', '=', a.realm)
    .orderBy('name'),
);

const realmsOf = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('credentials').select('realm').distinct().where('account', '=', a.account).orderBy('realm'),
);

const everybody = reading((db) => db.selectFrom('credentials').select(['account', 'realm']).distinct());

const cell = ({ account, realm, name }: CredentialPlace) =>
  ({ table: 'credentials', row: [account, realm, name], column: 'sealed' }) as const;

export const credentials = (read: Read): CredentialRows => {
  async function find(key: SealKey, account: AccountKey, realm: string): Promise<Map<string, CredentialFound>> {
    const rows = await read(ofRealm({ account, realm }));
    return new Map(
      rows.map(({ name, sealed: stored }) => {
        const plain = Buffer.from(unseal(key, cell({ account, realm, name }), stored));
        return [name, { secret: new Sealed(plain.toString()), stored }];
      }),
    );
  }

  return {
    put: (key, place, secret) =>
      put({ ...place, keyId: key.id, sealed: seal(key, cell(place), Buffer.from(secret.open())) }),
    remove: (account, realm) => remove({ account, realm }),
    removeFound: (place, { stored }) => removeFound({ ...place, old: stored }),
    find,
    accounts: () => read(everybody({})),
    realms: async (account) => (await read(realmsOf({ account }))).map(({ realm }) => realm),
    get: async (key, account, realm) =>
      new Map([...(await find(key, account, realm))].map(([name, { secret }]) => [name, secret])),
  };
};
