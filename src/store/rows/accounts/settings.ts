import type { Scope } from '#src/store/schema.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** What the settings of an account are about: itself (subject `''`), a realm, a room or a conversation. */
export type SettingsOf = { readonly account: string; readonly scope: Scope; readonly subject: string };

/** Values that users choose, one JSON object for each thing they are about. The schema is the bridge's. */
export type SettingsRows = {
  put(of: SettingsOf, values: Readonly<Record<string, unknown>>): Statement;
  remove(of: SettingsOf): Statement;
  removeAll(account: string): Statement;
  get(of: SettingsOf): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Everything in which a value has a name that begins so. `start` is of letters and dots. */
  naming(start: string): Promise<readonly (SettingsOf & { readonly values: Readonly<Record<string, unknown>> })[]>;
};

const put = writing((db, a: SettingsOf & { value: string }) =>
  db
    .insertInto('settings')
    .values({ account: a.account, scope: a.scope, subject: a.subject, value: a.value })
    .onConflict((conflict) =>
      conflict.columns(['account', 'scope', 'subject']).doUpdateSet((old) => ({ value: old.ref('excluded.value') })),
    ),
);

const remove = writing((db, a: SettingsOf) =>
  db
    .deleteFrom('settings')
    .where('account', '=', a.account)
    .where('scope', '=', a.scope)
    .where('subject', '=', a.subject),
);

const removeAll = writing((db, a: { account: string }) => db.deleteFrom('settings').where('account', '=', a.account));

const one = reading((db, a: SettingsOf) =>
  db
    .selectFrom('settings')
    .select('value')
    .where('account', '=', a.account)
    .where('scope', '=', a.scope)
    .where('subject', '=', a.subject),
);

const naming = reading((db, a: { pattern: string }) =>
  db.selectFrom('settings').select(['account', 'scope', 'subject', 'value']).where('value', 'like', a.pattern),
);

export const settings = (read: Read): SettingsRows => ({
  put: (of, values) => put({ ...of, value: JSON.stringify(values) }),
  remove: (of) => remove(of),
  removeAll: (account) => removeAll({ account }),
  async naming(start) {
    const rows = await read(naming({ pattern: `%"${start}%` }));
    const found = rows.map(({ value, ...of }) => ({
      ...of,
      values: JSON.parse(value) as Readonly<Record<string, unknown>>,
    }));
    // A value may look like a name.
    return found.filter(({ values }) => Object.keys(values).some((name) => name.startsWith(start)));
  },
  async get(of) {
    const [row] = await read(one(of));
    return row && (JSON.parse(row.value) as Readonly<Record<string, unknown>>);
  },
});
