/** The little of IndexedDB (W3C) that is used here; the libraries' types of it are those of browsers. */
export type IdbFactory = {
  open(name: string, version?: number): IdbRequest<IdbDatabase> & { onupgradeneeded: (() => void) | null };
  deleteDatabase(name: string): IdbRequest<unknown>;
};
export type IdbRequest<T> = {
  readonly result: T;
  readonly error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
};
type IdbIndex = IndexShape & object;
type IdbStore = {
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexNames: Iterable<string>;
  index(name: string): IdbIndex;
  createIndex(name: string, keyPath: string | string[], options: object): unknown;
  getAll(): IdbRequest<unknown[]>;
  getAllKeys(): IdbRequest<unknown[]>;
  put(value: unknown, key?: unknown): IdbRequest<unknown>;
};
export type IdbDatabase = {
  readonly name: string;
  readonly version: number;
  readonly objectStoreNames: Iterable<string>;
  createObjectStore(name: string, options: object): IdbStore;
  transaction(stores: string | readonly string[], mode?: string): { objectStore(name: string): IdbStore };
  close(): void;
};

type IndexShape = {
  readonly name: string;
  readonly keyPath: string | string[];
  readonly unique: boolean;
  readonly multiEntry: boolean;
};
type StoreShape = {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: readonly IndexShape[];
};

/** How a database is made: without its records. */
export type DatabaseShape = { readonly version: number; readonly stores: readonly StoreShape[] };

/** A record with its key, which is `undefined` where the value has it. */
export type DatabaseRecord = readonly [key: unknown, value: unknown];

export function idbResult<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('a database in memory has failed'));
  });
}

/** Opens a database as it is. Whoever opens it closes it. */
export const openDatabase = (databases: IdbFactory, name: string): Promise<IdbDatabase> =>
  idbResult(databases.open(name));

/** How a database that is there was made. */
export function shapeOf(database: IdbDatabase): DatabaseShape {
  const stores = [...database.objectStoreNames].map((name): StoreShape => {
    const { keyPath, autoIncrement, ...store } = described(database, name);
    return { name, keyPath, autoIncrement, indexes: store.indexes };
  });
  return { version: database.version, stores };
}

function described(database: IdbDatabase, name: string) {
  const store = database.transaction(name).objectStore(name);
  const indexes = [...store.indexNames].map((index): IndexShape => {
    const { keyPath, unique, multiEntry } = store.index(index);
    return { name: index, keyPath, unique, multiEntry };
  });
  return { keyPath: store.keyPath, autoIncrement: store.autoIncrement, indexes };
}

/** Reads a store. */
export async function recordsIn(database: IdbDatabase, name: string): Promise<readonly DatabaseRecord[]> {
  const store = database.transaction(name).objectStore(name);
  const [keys, values] = await Promise.all([idbResult(store.getAllKeys()), idbResult(store.getAll())]);
  return keys.map((key, index): DatabaseRecord => [key, values[index]]);
}

/** Makes a database as it was, with its records. */
export async function makeDatabase(
  databases: IdbFactory,
  name: string,
  { version, stores }: DatabaseShape,
  records: (store: string) => readonly DatabaseRecord[],
): Promise<void> {
  const opening = databases.open(name, version);
  opening.onupgradeneeded = () => {
    for (const { name: store, keyPath, autoIncrement, indexes } of stores) {
      const made = opening.result.createObjectStore(store, { keyPath, autoIncrement });
      for (const { name: index, keyPath: path, ...options } of indexes) made.createIndex(index, path, options);
      for (const [key, value] of records(store)) made.put(value, keyPath === null ? key : undefined);
    }
  };
  (await idbResult(opening)).close();
}
