import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { BridgeState, StateWrite } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { CryptoEngine } from './engine.ts';
import {
  type DatabaseRecord,
  type DatabaseShape,
  makeDatabase,
  openDatabase,
  recordsIn,
  shapeOf,
} from './indexed-db.ts';

/** What outlives a restart of a device's keys: each record of its databases is a row of its own, sealed. */
export type KeyStore = {
  /** What the library is told that its databases are called. */
  readonly name: string;
  /** Makes durable what has changed since, all of it or nothing. Rejects with a `Failure` while the store is away. */
  save(): Promise<void>;
  /** Frees the memory. */
  close(): void;
};

export type KeyStoreParts = {
  readonly engine: CryptoEngine;
  readonly state: BridgeState;
  readonly account: AccountKey;
  readonly device: string;
};

/** What the library calls its databases, behind the name that it was given. */
const DATABASES = ['matrix-sdk-crypto-meta', 'matrix-sdk-crypto'];

let opened = 0;

const prefixOf = (device: string): string => `keys ${device} `;
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Whether something is kept of a device. */
export const hasKeys = async (state: BridgeState, account: AccountKey, device: string): Promise<boolean> =>
  (await state.list({ account, prefix: prefixOf(device) })).length > 0;

/** Removes what is kept of a device. */
export async function forgetKeys(state: BridgeState, account: AccountKey, device: string): Promise<void> {
  const found = await state.list({ account, prefix: prefixOf(device) });
  if (found.length > 0) await state.write(found.map(({ key }) => ({ account, key, value: null })));
}

/** Reads a device's rows into databases in memory. One thing is done after the other. */
export async function openKeyStore({ engine, state, account, device }: KeyStoreParts): Promise<KeyStore> {
  const name = `keys-${++opened}`;
  const prefix = prefixOf(device);
  /** Hashes of the rows that are durable. */
  const durable = new Map<string, string>();
  /** Nothing of it was compared yet: the library may have made it anew as it was opened. */
  let fresh = true;
  await restore();

  async function restore(): Promise<void> {
    const shapes = new Map<string, DatabaseShape>();
    const records = new Map<string, DatabaseRecord[]>();
    for (const { key, bytes } of await state.list({ account, prefix })) {
      durable.set(key, hashOf(bytes));
      const [database = '', store = ''] = key.slice(prefix.length).split(' ');
      const value: unknown = deserialize(bytes);
      if (store === '') shapes.set(database, value as DatabaseShape);
      else {
        const inside = records.get(`${database} ${store}`) ?? [];
        inside.push(value as DatabaseRecord);
        records.set(`${database} ${store}`, inside);
      }
    }
    for (const [database, shape] of shapes)
      await makeDatabase(
        engine.databases,
        `${name}::${database}`,
        shape,
        (store) => records.get(`${database} ${store}`) ?? [],
      );
  }

  async function changesOf(database: string): Promise<readonly StateWrite[]> {
    const written = engine.written(`${name}::${database}`);
    if (!fresh && written.size === 0) return [];
    const idb = await openDatabase(engine.databases, `${name}::${database}`);
    try {
      const shape = shapeOf(idb);
      const stores = shape.stores.map((store) => store.name).filter((store) => fresh || written.has(store));
      const rows = new Map<string, Uint8Array>([[`${prefix}${database} `, serialize(shape)]]);
      for (const store of stores)
        for (const record of await recordsIn(idb, store))
          rows.set(`${prefix}${database} ${store} ${serialize(record[0]).toString('base64url')}`, serialize(record));
      const begins = stores.map((store) => `${prefix}${database} ${store} `);
      const gone = [...durable.keys()].filter((row) => !rows.has(row) && begins.some((begin) => row.startsWith(begin)));
      const other = [...rows].filter(([row, bytes]) => durable.get(row) !== hashOf(bytes));
      return [
        ...other.map(([key, value]): StateWrite => ({ account, key, value, seal: true })),
        ...gone.map((key): StateWrite => ({ account, key, value: null })),
      ];
    } finally {
      idb.close();
    }
  }

  return {
    name,
    async save() {
      try {
        const writes = (await Promise.all(DATABASES.map(changesOf))).flat();
        if (writes.length > 0) await state.write(writes);
        for (const { key, value } of writes) {
          if (value === null) durable.delete(key);
          else durable.set(key, hashOf(value as Uint8Array));
        }
        fresh = false;
      } catch (error) {
        // The next time all is compared.
        fresh = true;
        throw error;
      }
    },
    close() {
      for (const database of DATABASES) engine.databases.deleteDatabase(`${name}::${database}`);
    },
  };
}
