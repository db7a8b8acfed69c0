import { type SealKey, seal, unseal } from './seal.ts';
import { type Read, reading, writing } from './sql.ts';
import type { Statement, StoreQuery, Unit, UnitResult } from './unit.ts';

/** Rows of one step. */
const CHUNK = 100;

/** A sealed value with its primary key, whose three parts are called a, b and c here. */
type Cell = { readonly a: string; readonly b: string; readonly c: string; readonly sealed: Uint8Array };
type Replaced = Cell & { readonly fresh: Uint8Array; readonly keyId: string };

/** A column of sealed values. */
type SealedColumn = {
  readonly table: string;
  readonly column: string;
  readonly under: (args: { keyId: string; max: number }) => StoreQuery<Cell>;
  /** Only where the value is still the one that was read: it may have been changed meanwhile. */
  readonly replace: (args: Replaced) => Statement;
  readonly keys: (args: Record<string, never>) => StoreQuery<{ keyId: string | null }>;
};

const columns: readonly SealedColumn[] = [
  {
    table: 'credentials',
    column: 'sealed',
    under: reading((db, a: { keyId: string; max: number }) =>
      db
        .selectFrom('credentials')
        .select(['account as a', 'realm as b', 'name as c', 'sealed'])
        .where('key_id', '=', a.keyId)
        .limit(a.max),
    ),
    replace: writing((db, a: Replaced) =>
      db
        .updateTable('credentials')
        .set({ sealed: a.fresh, key_id: a.keyId })
        .where('account', '=', a.a as never)
        .where('realm', '=', a.b)
        .where('name', '=', a.c)
        .where('sealed', '=', a.sealed),
    ),
    keys: reading((db) => db.selectFrom('credentials').select('key_id as keyId').distinct()),
  },
  {
    table: 'bridge_state',
    column: 'value',
    under: reading((db, a: { keyId: string; max: number }) =>
      db
        .selectFrom('bridge_state')
        .select(['transport as a', 'account as b', 'key as c', 'value as sealed'])
        .where('key_id', '=', a.keyId)
        .limit(a.max),
    ),
    replace: writing((db, a: Replaced) =>
      db
        .updateTable('bridge_state')
        .set({ value: a.fresh, key_id: a.keyId })
        .where('transport', '=', a.a)
        .where('account', '=', a.b)
        .where('key', '=', a.c)
        .where('value', '=', a.sealed),
    ),
    keys: reading((db) => db.selectFrom('bridge_state').select('key_id as keyId').distinct()),
  },
];

/** What of a store these need. */
type Sealing = { readonly read: Read; unit(unit: Unit): Promise<UnitResult> };

/**
 * Seals everything that is under the old key with the new one, in chunks, and returns how many values that were.
 * Resumable: what a killed run has done is done, the next one finds the rest. Rejects with SealBroken at a value that
 * the old key does not open.
 */
export async function rekey(store: Sealing, oldKey: SealKey, newKey: SealKey): Promise<number> {
  let done = 0;
  if (oldKey.id === newKey.id) return done;
  for (const of of columns) {
    for (;;) {
      const cells = await store.read(of.under({ keyId: oldKey.id, max: CHUNK }));
      if (cells.length === 0) break;
      const results = await store.unit(cells.map((cell) => of.replace(resealed(of, cell, oldKey, newKey))));
      done += results.reduce((sum, { changed }) => sum + changed, 0);
    }
  }
  return done;
}

function resealed({ table, column }: SealedColumn, cell: Cell, oldKey: SealKey, newKey: SealKey): Replaced {
  const place = { table, column, row: [cell.a, cell.b, cell.c] };
  return { ...cell, fresh: seal(newKey, place, unseal(oldKey, place, cell.sealed)), keyId: newKey.id };
}

/** The ids of the keys that something in the store is sealed with: more than ours means that a `rekey` is unfinished. */
export async function keysInUse(store: Sealing): Promise<ReadonlySet<string>> {
  const rows = await Promise.all(columns.map(({ keys }) => store.read(keys({}))));
  return new Set(rows.flat().flatMap(({ keyId }) => keyId ?? []));
}
