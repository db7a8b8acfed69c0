import type { AccountKey } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** A session that returns by itself after a restart: its account stays connected to the realm. */
export type KeptSession = { readonly account: AccountKey; readonly realm: string; readonly nick: string | null };

/** Where accounts stay connected. */
export type SessionRows = {
  put(session: KeptSession): Statement;
  remove(account: AccountKey, realm: string): Statement;
  removeAll(account: AccountKey): Statement;
  /** All of them, realm by realm. */
  all(): Promise<readonly KeptSession[]>;
};

const put = writing((db, a: KeptSession) =>
  db
    .insertInto('sessions')
    .values({ account: a.account, realm: a.realm, nick: a.nick })
    .onConflict((conflict) =>
      conflict.columns(['account', 'realm']).doUpdateSet((old) => ({ nick: old.ref('excluded.nick') })),
    ),
);

const remove = writing((db, a: { account: AccountKey; realm: string }) =>
  db.deleteFrom('sessions').where('account', '=', a.account).where('realm', '=', a.realm),
);

const removeAll = writing((db, a: { account: AccountKey }) =>
  db.deleteFrom('sessions').where('account', '=', a.account),
);

const all = reading((db) =>
  db.selectFrom('sessions').select(['account', 'realm', 'nick']).orderBy('realm').orderBy('account'),
);

export const sessions = (read: Read): SessionRows => ({
  put: (session) => put(session),
  remove: (account, realm) => remove({ account, realm }),
  removeAll: (account) => removeAll({ account }),
  all: () => read(all({})),
});
