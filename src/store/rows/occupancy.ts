import type { AccountKey } from '#src/model/ids.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** One client of an account in a room. `place` is a `placeKey`, `joined` a time in ms. */
export type Occupation = {
  readonly place: string;
  readonly account: AccountKey;
  /** The full JID of the client. */
  readonly full: string;
  readonly nick: string;
  readonly joined: number;
  /** The address by which it came, where that is another than the place has. */
  readonly address: string | null;
};

/** Who is where, so that a restart finds them again (each full JID is pinged before it counts). */
export type Occupancies = {
  /** Joins, or changes the nick and address of one who is there. */
  enter(occupancy: Occupation): Statement;
  leave(place: string, full: string): Statement;
  /** A client is gone from every room. */
  leaveAll(full: string): Statement;
  /** The account is in no room any more. */
  removeAll(account: AccountKey): Statement;
  in(place: string): Promise<readonly Occupation[]>;
  of(account: AccountKey): Promise<readonly Occupation[]>;
  /** Everybody, room by room. */
  all(): Promise<readonly Occupation[]>;
};

const enter = writing((db, { place, account, full, nick, joined, address }: Occupation) =>
  db
    .insertInto('occupancy')
    .values({ place, account, full_jid: full, nick, joined, address })
    .onConflict((conflict) =>
      conflict
        .columns(['place', 'full_jid'])
        .doUpdateSet((old) => ({ nick: old.ref('excluded.nick'), address: old.ref('excluded.address') })),
    ),
);

const leave = writing((db, a: { place: string; full: string }) =>
  db.deleteFrom('occupancy').where('place', '=', a.place).where('full_jid', '=', a.full),
);

const leaveAll = writing((db, a: { full: string }) => db.deleteFrom('occupancy').where('full_jid', '=', a.full));

const removeAll = writing((db, a: { account: AccountKey }) =>
  db.deleteFrom('occupancy').where('account', '=', a.account),
);

const columns = ['place', 'account', 'full_jid as full', 'nick', 'joined', 'address'] as const;

const inPlace = reading((db, a: { place: string }) =>
  db.selectFrom('occupancy').select(columns).where('place', '=', a.place).orderBy('full_jid'),
);

const ofAccount = reading((db, a: { account: AccountKey }) =>
  db.selectFrom('occupancy').select(columns).where('account', '=', a.account).orderBy('place').orderBy('full_jid'),
);

const all = reading((db) => db.selectFrom('occupancy').select(columns).orderBy('place').orderBy('full_jid'));

export const occupancies = (read: Read): Occupancies => ({
  enter: (occupancy) => enter(occupancy),
  leave: (place, full) => leave({ place, full }),
  leaveAll: (full) => leaveAll({ full }),
  removeAll: (account) => removeAll({ account }),
  in: (place) => read(inPlace({ place })),
  of: (account) => read(ofAccount({ account })),
  all: () => read(all({})),
});
