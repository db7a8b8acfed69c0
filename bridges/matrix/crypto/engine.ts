import type * as Wasm from '@matrix-org/matrix-sdk-crypto-wasm';
import type { IdbDatabase, IdbFactory } from './indexed-db.ts';

/** The library of encryption, which takes 30 MB of memory: it is loaded when something is encrypted for the first time. */
export type CryptoEngine = {
  readonly wasm: typeof Wasm;
  /** Where it keeps keys: databases in memory. */
  readonly databases: IdbFactory;
  /** The stores of a database to which something was written since this was asked last. */
  written(database: string): ReadonlySet<string>;
  /** A device's keys, in databases whose names begin with `name`. */
  open(user: string, device: string, name: string): Promise<Wasm.OlmMachine>;
};

let engine: Promise<CryptoEngine> | undefined;

/** Loads it, once in a process. */
export function loadEngine(): Promise<CryptoEngine> {
  engine ??= load();
  return engine;
}

async function load(): Promise<CryptoEngine> {
  // This puts the names of IndexedDB where the library looks for them.
  const [wasm] = await Promise.all([import('@matrix-org/matrix-sdk-crypto-wasm'), import('fake-indexeddb/auto')]);
  await wasm.initAsync();
  const { indexedDB, IDBDatabase } = globalThis as unknown as {
    readonly indexedDB: IdbFactory;
    readonly IDBDatabase: { readonly prototype: IdbDatabase };
  };
  return {
    wasm,
    databases: indexedDB,
    written: watchWrites(IDBDatabase.prototype),
    open: (user, device, name) =>
      wasm.OlmMachine.initialize(new wasm.UserId(user), new wasm.DeviceId(device), name, undefined, SILENT),
  };
}

/** Its log names people and rooms. */
const silent = (): void => undefined;
const SILENT = { debug: silent, info: silent, warn: silent, error: silent };

/** Notes where something is going to be written: each write begins with such a transaction. */
function watchWrites(prototype: IdbDatabase): (database: string) => ReadonlySet<string> {
  const stores = new Map<string, Set<string>>();
  const { transaction } = prototype;
  prototype.transaction = function noted(this: IdbDatabase, names, mode, ...more) {
    if (mode === 'readwrite') {
      const known = stores.get(this.name) ?? new Set<string>();
      for (const name of [names].flat()) known.add(String(name));
      stores.set(this.name, known);
    }
    return transaction.call(this, names, mode, ...more);
  };
  return (database) => {
    const found = stores.get(database) ?? new Set<string>();
    stores.delete(database);
    return found;
  };
}
