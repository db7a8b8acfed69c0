import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileTrouble } from '#src/model/secret.ts';
import { openKey } from './key-file.ts';
import { migrations } from './migrations.ts';
import { keysInUse } from './rekey.ts';
import { openCare, sync } from './sqlite/care.ts';
import { type Database, openDatabase } from './sqlite/database.ts';
import { lockSqlite } from './sqlite/sqlite.ts';
import type { Value } from './unit.ts';
import { StoreRefused } from './unit.ts';

/** Where the store of before was put, nothing where there was none, and what was found wrong with it. */
export type Restored = { readonly aside: string | undefined; readonly trouble: string | undefined };

/**
 * Puts a copy in the place of the store at `url`, which nobody may have open, and keeps that one aside under a name
 * with `stamp`. A process that is killed on the way leaves one or the other whole. Rejects with StoreRefused for a copy
 * that is damaged, newer than this program, or sealed with another key than that of the file `key`.
 */
export async function restoreStore(url: string, from: string, at: { key: string; stamp: string }): Promise<Restored> {
  const [, path] = /^sqlite:(.+)$/.exec(url) ?? [];
  if (path === undefined) {
    // Its driver is for those who have one.
    const { loadCommand } = await import('./postgres/postgres.ts');
    throw new StoreRefused(`PostgreSQL takes its copies itself: ${loadCommand(url)}`);
  }
  const file = resolve(path);
  if (!existsSync(from)) throw new StoreRefused(`${from}: is not there`);
  using _lock = lockSqlite(file);
  const fresh = `${file}.restoring`;
  rmSync(fresh, { force: true });
  copy(from, fresh);
  try {
    await inspect(fresh, from, at.key);
    sync(fresh);
    const aside = existsSync(file) ? `${file}.${at.stamp}` : undefined;
    const trouble = aside === undefined ? undefined : setAside(file, aside);
    renameSync(fresh, file);
    sync(dirname(file));
    return { aside, trouble };
  } finally {
    rmSync(fresh, { force: true });
  }
}

function copy(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    rmSync(to, { force: true });
    throw new StoreRefused(`${from}: cannot be copied to ${to}: ${fileTrouble(error)}`);
  }
}

async function inspect(fresh: string, from: string, keyFile: string): Promise<void> {
  await using care = openCare(fresh);
  const database = openDatabase(fresh, false, from);
  try {
    database.db.exec('pragma journal_mode = delete');
    const version = versionOf(database, from);
    if (version > migrations.length)
      throw new StoreRefused(`${from}: is of a newer program (schema ${version}, this one knows ${migrations.length})`);
    await mustOpen(database, from, keyFile);
  } finally {
    database.db.close();
  }
  const [wrong] = await care.check(true);
  if (wrong !== undefined) throw new StoreRefused(`${from}: is damaged: ${wrong}`);
}

function versionOf({ run }: Database, from: string): number {
  try {
    return Number(run('select max(version) as version from schema_version', []).rows[0]?.version ?? 0);
  } catch (error) {
    throw new StoreRefused(`${from}: is no store of ours (${error instanceof Error ? error.message : error})`);
  }
}

async function mustOpen({ run }: Database, from: string, keyFile: string): Promise<void> {
  const read = async <R>({ sql, params }: { sql: string; params: readonly Value[] }) =>
    run(sql, params).rows as readonly R[];
  const used = await keysInUse({ read, unit: async () => [] });
  if (used.size === 0) return;
  if (!existsSync(keyFile)) throw new StoreRefused(`${keyFile}: the key of the copy has to be there first`);
  const { id } = openKey({ file: keyFile });
  if ([...used].some((other) => other !== id))
    throw new StoreRefused(
      `${from}: its secrets are sealed with another key than ${keyFile}: put that of the copy there first`,
    );
}

/** Everything that the store holds goes into its file first. A log that stays all the same goes with it. */
function setAside(file: string, aside: string): string | undefined {
  if (existsSync(aside)) throw new StoreRefused(`${aside}: is there already, and nothing is written over it`);
  const trouble = foldLog(file);
  linkSync(file, aside);
  for (const end of ['-wal', '-shm']) if (existsSync(file + end)) renameSync(file + end, aside + end);
  return trouble;
}

/** What kept the log from being folded in: what is damaged is put aside as it is. */
function foldLog(file: string): string | undefined {
  try {
    const { db } = openDatabase(file, false);
    try {
      db.exec('pragma wal_checkpoint(truncate)');
    } finally {
      db.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
