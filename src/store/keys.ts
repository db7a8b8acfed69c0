import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { openKey } from './key-file.ts';
import { keysInUse, rekey } from './rekey.ts';
import type { SealKey } from './seal.ts';
import type { Read } from './sql.ts';
import { StoreRefused, type Unit, type UnitResult } from './unit.ts';

/** What of an open store these need: whoever has it holds its lock, and nobody else changes its keys. */
type Sealing = { readonly read: Read; unit(unit: Unit): Promise<UnitResult> };

/** Where a new key waits until everything is sealed with it. */
const next = (file: string): string => `${file}.new`;

/**
 * The key of a store, made at the first start. Rejects with StoreRefused where the store holds secrets of another key:
 * a new one would be of no use to them.
 */
export async function keyOf(store: Sealing, file: string): Promise<SealKey> {
  const used = await keysInUse(store);
  if (used.size > 0) mustExist(file);
  const key = openKey({ file });
  for (const id of used) {
    if (id === key.id) continue;
    const hint = existsSync(next(file)) ? 'finish it with "isthmus rekey"' : 'put the right key there';
    throw new StoreRefused(`${file}: the store holds secrets that are sealed with another key, ${hint}`);
  }
  return key;
}

/**
 * Seals every secret of the store with a new key, puts that in the place of the old one, and resolves with how many
 * secrets there were. The new key stands beside the old one until all is done, so that a killed run can be repeated.
 */
export async function replaceKey(store: Sealing & { scrub(): Promise<void> }, file: string): Promise<number> {
  mustExist(file);
  const [old, fresh] = [openKey({ file }), openKey({ file: next(file) })];
  for (const id of await keysInUse(store)) {
    if (id !== old.id && id !== fresh.id)
      throw new StoreRefused(`${file}: the store holds secrets that are sealed with another key`);
  }
  syncFolder(file);
  const done = await rekey(store, old, fresh);
  // What the old key opens may not stay behind in free pages.
  await store.scrub();
  renameSync(next(file), file);
  syncFolder(file);
  return done;
}

function mustExist(file: string): void {
  if (!existsSync(file)) throw new StoreRefused(`${file}: the key of the store is not there`);
}

/** A name is durable once its folder is. */
function syncFolder(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
