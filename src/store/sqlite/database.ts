import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Result, StoreRefused, type UnitFailure, type Value } from '#src/store/unit.ts';

/** Milliseconds that a statement waits for another program that holds the file. */
const PATIENCE = 2000;
const MOST_PREPARED = 500;

/** What both threads do with their connection. */
export type Database = { readonly db: DatabaseSync; run(sql: string, params: readonly Value[]): Result };

/** Opens the file, which people know as `called`. Throws StoreRefused where it cannot be opened or is not a database. */
export function openDatabase(file: string, readOnly: boolean, called = file): Database {
  try {
    const db = new DatabaseSync(file, { readOnly, timeout: PATIENCE });
    // Reading the schema is what finds out that a file is something else.
    db.prepare('select count(*) from sqlite_schema').get();
    return { db, run: runner(db) };
  } catch (error) {
    throw new StoreRefused(`${called} cannot be opened as a SQLite database: ${describe(error)}`);
  }
}

function runner(db: DatabaseSync): Database['run'] {
  const prepared = new Map<string, { statement: StatementSync; returns: boolean }>();
  const prepare = (sql: string) => {
    if (prepared.size >= MOST_PREPARED) prepared.clear();
    const statement = db.prepare(sql);
    const entry = { statement, returns: statement.columns().length > 0 };
    prepared.set(sql, entry);
    return entry;
  };
  return (sql, params) => {
    const { statement, returns } = prepared.get(sql) ?? prepare(sql);
    if (!returns) return { rows: [], changed: Number(statement.run(...params).changes) };
    const rows = statement.all(...params).map((row) => ({ ...row }) as Result['rows'][number]);
    return { rows, changed: rows.length };
  };
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const CONSTRAINT = 19;
const MISMATCH = 20;
/** PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, NOLFS, NOTADB: nothing works now. */
const UNAVAILABLE = new Set([3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 22, 26]);
const IOERR = 10;

/** Whether SQLite says so, and not a bug of ours. */
export const isSqliteError = (error: unknown): error is Error => codeOf(error) !== undefined;

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a failed statement means for its unit, or for everything. SQLite's messages name columns, never values. */
export function noteOf(error: unknown, index: number): UnitFailure {
  const code = codeOf(error);
  if (code !== undefined && UNAVAILABLE.has(code)) return unavailableNote(error);
  const constraint = code === CONSTRAINT || code === MISMATCH;
  return { kind: 'statement', index, reason: describe(error), constraint };
}

/** The note of a whole transaction that failed. Only a failure of the disk leaves a doubt about a commit. */
export const unavailableNote = (error: unknown): UnitFailure => ({
  kind: 'unavailable',
  reason: describe(error),
  certain: codeOf(error) !== IOERR,
});
