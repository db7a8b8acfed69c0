import type { AccountKey } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** A subscription as the user's roster shows it (RFC 6121 §2.1.2.5, appendix A): four flags say it all. */
export type Contact = {
  readonly account: AccountKey;
  /** The formatted foreign address. */
  readonly id: string;
  readonly name: string | null;
  /** The contact sees the user's presence. */
  readonly from: boolean;
  /** The user sees the contact's presence. */
  readonly to: boolean;
  /** The contact has asked to see the user's presence, and waits. */
  readonly pendingIn: boolean;
  /** The user has asked to see the contact's presence, and waits. */
  readonly pendingOut: boolean;
  /** What the network has yet to be told of it. Whoever is nobody's contact any more may have such a row. */
  readonly owed: readonly ('unsubscribe' | 'subscribed' | 'unsubscribed')[];
};

/** `listed`: blocked at the user's own server, which says so. */
export type Refusing = 'declined' | 'blocked' | 'listed';

export type ContactRows = {
  put(contact: Contact): Statement;
  /** Removes a contact that is none any more: neither is there anything of a subscription, nor is it refused. */
  remove(account: AccountKey, id: string): Statement;
  /** How the contact is refused, or `undefined` where it is not. */
  refuse(account: AccountKey, id: string, how: Refusing | undefined): Statement;
  /** All who are. */
  refused(): Promise<readonly { readonly account: AccountKey; readonly id: string; readonly refused: Refusing }[]>;
  removeAll(account: AccountKey): Statement;
  get(account: AccountKey, id: string): Promise<Contact | undefined>;
  /** Accounts of a transport with a contact that sees the user, the smallest id of each, in the order of their keys. */
  seeing(transport: string, max: number, after: string): Promise<readonly Pick<Contact, 'account' | 'id'>[]>;
  /** All contacts of the account, in the order of their ids. */
  of(account: AccountKey): Promise<readonly Contact[]>;
};

type Flag = 0 | 1;
type ContactRow = {
  readonly account: AccountKey;
  readonly id: string;
  readonly name: string | null;
  readonly from: Flag;
  readonly to: Flag;
  readonly pendingIn: Flag;
  readonly pendingOut: Flag;
  /** Words with a space between. */
  readonly owed: string;
};

const put = writing((db, a: ContactRow) =>
  db
    .insertInto('contacts')
    .values({
      account: a.account,
      id: a.id,
      name: a.name,
      sub_from: a.from,
      sub_to: a.to,
      pending_in: a.pendingIn,
      pending_out: a.pendingOut,
      owed: a.owed,
      refused: '',
    })
    .onConflict((conflict) =>
      conflict.columns(['account', 'id']).doUpdateSet((old) => ({
        name: old.ref('excluded.name'),
        sub_from: old.ref('excluded.sub_from'),
        sub_to: old.ref('excluded.sub_to'),
        pending_in: old.ref('excluded.pending_in'),
        pending_out: old.ref('excluded.pending_out'),
        owed: old.ref('excluded.owed'),
      })),
    ),
);

const remove = writing((db, a: { account: AccountKey; id: string }) =>
  db
    .deleteFrom('contacts')
    .where('account', '=', a.account)
    .where('id', '=', a.id)
    .where('refused', '=', '')
    .where('owed', '=', '')
    .where((row) => row.and({ sub_from: 0, sub_to: 0, pending_in: 0, pending_out: 0 })),
);

type Refusal = { account: AccountKey; id: string; refused: '' | Refusing };
const refuse = writing((db, a: Refusal) =>
  db
    .insertInto('contacts')
    .values({
      ...{ account: a.account, id: a.id, name: null, owed: '', refused: a.refused },
      ...{ sub_from: 0, sub_to: 0, pending_in: 0, pending_out: 0 },
    })
    .onConflict((conflict) =>
      conflict.columns(['account', 'id']).doUpdateSet((old) => ({ refused: old.ref('excluded.refused') })),
    ),
);

const allRefused = reading((db) =>
  db.selectFrom('contacts').select(['account', 'id', 'refused']).where('refused', '!=', '').$castTo<{
    account: AccountKey;
    id: string;
    refused: Refusing;
  }>(),
);

const removeAll = writing((db, a: { account: AccountKey }) =>
  db.deleteFrom('contacts').where('account', '=', a.account),
);

const columns = [
  'account',
  'id',
  'name',
  'sub_from as from',
  'sub_to as to',
  'pending_in as pendingIn',
  'pending_out as pendingOut',
  'owed',
] as const;

const one = reading((db, a: { account: AccountKey; id: string }) =>
  db.selectFrom('contacts').select(columns).where('account', '=', a.account).where('id', '=', a.id),
);

const ofAccount = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('contacts').select(columns).where('account', '=', a.account).orderBy('id'),
);

const seeing = reading((db, a: { transport: string; max: number; after: AccountKey }) =>
  db
    .selectFrom('contacts')
    .innerJoin('accounts', 'accounts.key', 'contacts.account')
    .select((from) => ['contacts.account', from.fn.min('contacts.id').as('id')])
    .where('accounts.transport', '=', a.transport)
    .where('contacts.sub_from', '=', 1)
    .where('contacts.account', '>', a.after)
    .groupBy('contacts.account')
    .orderBy('contacts.account')
    .limit(a.max),
);

const flag = (value: boolean): Flag => (value ? 1 : 0);

const row = ({ account, id, name, owed, ...flags }: Contact): ContactRow => ({
  account,
  id,
  name,
  from: flag(flags.from),
  to: flag(flags.to),
  pendingIn: flag(flags.pendingIn),
  pendingOut: flag(flags.pendingOut),
  owed: owed.join(' '),
});

const contact = (of: ContactRow): Contact => ({
  ...of,
  from: of.from === 1,
  to: of.to === 1,
  pendingIn: of.pendingIn === 1,
  pendingOut: of.pendingOut === 1,
  owed: of.owed.split(' ').filter((word) => word !== '') as Contact['owed'][number][],
});

export const contacts = (read: Read): ContactRows => ({
  put: (of) => put(row(of)),
  remove: (account, id) => remove({ account, id }),
  removeAll: (account) => removeAll({ account }),
  refuse: (account, id, how) => refuse({ account, id, refused: how ?? '' }),
  refused: () => read(allRefused({})),
  get: async (account, id) => (await read(one({ account, id }))).map(contact)[0],
  seeing: (transport, max, after) => read(seeing({ transport, max, after: after as AccountKey })),
  of: async (account) => (await read(ofAccount({ account }))).map(contact),
});
