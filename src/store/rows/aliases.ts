import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** A short name, made by hashing, of a foreign address that is too long for a JID. Once given it never changes. */
export type AliasRows = {
  /** Guarded: the alias is free, or stands for this address already. */
  put(transport: string, alias: string, address: string): Statement;
  /** The address that the alias stands for. */
  address(transport: string, alias: string): Promise<string | undefined>;
  /** All that were given. */
  all(): Promise<readonly { readonly transport: string; readonly alias: string; readonly address: string }[]>;
};

const put = writing(
  (db, a: { transport: string; alias: string; address: string }) =>
    db
      .insertInto('aliases')
      .values({ transport: a.transport, alias: a.alias, address: a.address })
      .onConflict((conflict) =>
        conflict
          .columns(['transport', 'alias'])
          .doUpdateSet((old) => ({ address: old.ref('excluded.address') }))
          .whereRef('aliases.address', '=', 'excluded.address'),
      ),
  1,
);

const toAddress = reading((db, a: { transport: string; alias: string }) =>
  db.selectFrom('aliases').select('address').where('transport', '=', a.transport).where('alias', '=', a.alias),
);

const everyOne = reading((db) => db.selectFrom('aliases').select(['transport', 'alias', 'address']));

export const aliases = (read: Read): AliasRows => ({
  put: (transport, alias, address) => put({ transport, alias, address }),
  address: async (transport, alias) => (await read(toAddress({ transport, alias })))[0]?.address,
  all: () => read(everyOne({})),
});
