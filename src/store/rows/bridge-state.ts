import { type SealKey, seal, unseal } from '#src/store/seal.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** Where a bridge keeps something: for its whole transport (account `''`) or for an account of it. */
export type StatePlace = { readonly transport: string; readonly account: string; readonly key: string };

export type StateEntry = { readonly key: string; readonly value: Uint8Array };

/** Until when a value is kept, and what it is sealed with. */
export type StateKept = { readonly expires?: number; readonly seal?: SealKey };

/** A value as it was found: in plain, and as the row holds it. */
export type StateFound = { readonly value: Uint8Array; readonly stored: Uint8Array };

/** What bridges remember: bytes that the store does not look into. Times in ms. */
export type StateRows = {
  /** Keeps a value, until `expires` where given, sealed where a key is given. */
  put(place: StatePlace, value: Uint8Array, options?: StateKept): Statement;
  /** Keeps a value where there is none. Guarded by that; what has expired is none. */
  claim(place: StatePlace, value: Uint8Array, options?: StateKept): Statement;
  /** Replaces what was found. Guarded by it: it is there, as it was. */
  swap(place: StatePlace, found: StateFound, value: Uint8Array, options?: StateKept): Statement;
  remove(place: StatePlace): Statement;
  /** Removes what was found. Guarded by it: it is there, as it was. */
  removeFound(place: StatePlace, found: StateFound): Statement;
  removeAll(transport: string, account: string): Statement;
  /** The value, unless it has expired. A sealed one needs the key: rejects with SealBroken without it. */
  get(place: StatePlace, key?: SealKey): Promise<Uint8Array | undefined>;
  /** The value with what it takes to change it and no other. Rejects as `get` does. */
  find(place: StatePlace, key?: SealKey): Promise<StateFound | undefined>;
  /** What has not expired and begins with that prefix, in the order of the keys. */
  list(place: StatePlace, key?: SealKey): Promise<readonly StateEntry[]>;
  /** Removes up to `max` values that have expired. Done when it has changed fewer. */
  prune(max: number): Statement;
};

type Row = StateEntry & { readonly keyId: string | null };

type Columns = StatePlace & { value: Uint8Array; keyId: string | null; expires: number | null };

const put = writing((db, a: Columns) =>
  db
    .insertInto('bridge_state')
    .values({
      transport: a.transport,
      account: a.account,
      key: a.key,
      value: a.value,
      key_id: a.keyId,
      expires: a.expires,
    })
    .onConflict((conflict) =>
      conflict.columns(['transport', 'account', 'key']).doUpdateSet((old) => ({
        value: old.ref('excluded.value'),
        key_id: old.ref('excluded.key_id'),
        expires: old.ref('excluded.expires'),
      })),
    ),
);

const claim = writing(
  (db, a: Columns & { now: number }) =>
    db
      .insertInto('bridge_state')
      .values({
        transport: a.transport,
        account: a.account,
        key: a.key,
        value: a.value,
        key_id: a.keyId,
        expires: a.expires,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['transport', 'account', 'key'])
          .doUpdateSet((old) => ({
            value: old.ref('excluded.value'),
            key_id: old.ref('excluded.key_id'),
            expires: old.ref('excluded.expires'),
          }))
          .where('bridge_state.expires', '<=', a.now),
      ),
  1,
);

const swap = writing(
  (db, a: Columns & { old: Uint8Array; now: number }) =>
    db
      .updateTable('bridge_state')
      .set({ value: a.value, key_id: a.keyId, expires: a.expires })
      .where('transport', '=', a.transport)
      .where('account', '=', a.account)
      .where('key', '=', a.key)
      .where('value', '=', a.old)
      .where((eb) => eb.or([eb('expires', 'is', null), eb('expires', '>', a.now)])),
  1,
);

const removeFound = writing(
  (db, a: StatePlace & { old: Uint8Array; now: number }) =>
    db
      .deleteFrom('bridge_state')
      .where('transport', '=', a.transport)
      .where('account', '=', a.account)
      .where('key', '=', a.key)
      .where('value', '=', a.old)
      .where((eb) => eb.or([eb('expires', 'is', null), eb('expires', '>', a.now)])),
  1,
);

const remove = writing((db, a: StatePlace) =>
  db
    .deleteFrom('bridge_state')
    .where('transport', '=', a.transport)
    .where('account', '=', a.account)
    .where('key', '=', a.key),
);

const removeAll = writing((db, a: { transport: string; account: string }) =>
  db.deleteFrom('bridge_state').where('transport', '=', a.transport).where('account', '=', a.account),
);

const list = reading((db, a: StatePlace & { end: string; now: number }) =>
  db
    .selectFrom('bridge_state')
    .select(['key', 'value', 'key_id as keyId'])
    .where('transport', '=', a.transport)
    .where('account', '=', a.account)
    .where('key', '>=', a.key)
    .where('key', '<', a.end)
    .where((eb) => eb.or([eb('expires', 'is', null), eb('expires', '>', a.now)]))
    .orderBy('key'),
);

const one = reading((db, a: StatePlace & { now: number }) =>
  db
    .selectFrom('bridge_state')
    .select(['key', 'value', 'key_id as keyId'])
    .where('transport', '=', a.transport)
    .where('account', '=', a.account)
    .where('key', '=', a.key)
    .where((eb) => eb.or([eb('expires', 'is', null), eb('expires', '>', a.now)])),
);

const prune = writing((db, a: { now: number; max: number }) =>
  db
    .deleteFrom('bridge_state')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('transport', 'account', 'key'),
        'in',
        selectFrom('bridge_state as old')
          .select(['old.transport', 'old.account', 'old.key'])
          .where('old.expires', '<=', a.now)
          .orderBy('old.expires')
          .limit(a.max)
          .$asTuple('transport', 'account', 'key'),
      ),
    ),
);

/** Behind every text that begins with a prefix: the last character there is, which no key holds. */
const LAST = '\u{10ffff}';

const cell = ({ transport, account, key }: StatePlace) =>
  ({ table: 'bridge_state', row: [transport, account, key], column: 'value' }) as const;

/** What the row holds in plain. */
function opened(place: StatePlace, { value, keyId }: Row, key: SealKey | undefined): Uint8Array {
  return keyId === null ? value : unseal(key, cell(place), value);
}

/** The columns of a value: sealed where there is a key for it. */
const columns = (place: StatePlace, value: Uint8Array, { expires, seal: key }: StateKept = {}): Columns => ({
  ...place,
  value: key ? seal(key, cell(place), value) : value,
  keyId: key?.id ?? null,
  expires: expires ?? null,
});

export const bridgeState = (read: Read, now: () => number): StateRows => ({
  put: (place, value, kept) => put(columns(place, value, kept)),
  claim: (place, value, kept) => claim({ ...columns(place, value, kept), now: now() }),
  swap: (place, { stored }, value, kept) => swap({ ...columns(place, value, kept), old: stored, now: now() }),
  remove: (place) => remove(place),
  removeFound: (place, { stored }) => removeFound({ ...place, old: stored, now: now() }),
  removeAll: (transport, account) => removeAll({ transport, account }),
  async get(place, key) {
    const [row] = await read(one({ ...place, now: now() }));
    return row && opened(place, row, key);
  },
  async find(place, key) {
    const [row] = await read(one({ ...place, now: now() }));
    return row && { value: opened(place, row, key), stored: row.value };
  },
  async list(place, key) {
    const rows = await read(list({ ...place, end: place.key + LAST, now: now() }));
    return rows.map((row) => ({ key: row.key, value: opened({ ...place, key: row.key }, row, key) }));
  },
  prune: (max) => prune({ now: now(), max }),
});
