import type { Row, StoreQuery, Unit, UnitResult } from './unit.ts';

/** A database that does units. All that nouns know of SQLite and PostgreSQL. */
export type Engine = AsyncDisposable & {
  /**
   * Does the statements whole or not at all, in the order of the calls, and resolves after the commit.
   * Rejects with GuardFailed, StatementFailed or StoreUnavailable.
   */
  write(unit: Unit): Promise<UnitResult>;
  /** The rows of a query. Sees every unit that has resolved. Rejects with StatementFailed or StoreUnavailable. */
  read(query: StoreQuery<unknown>): Promise<readonly Row[]>;
  /** Resolves when what was deleted is no longer in the files, as far as the engine can promise it. */
  scrub(): Promise<void>;
  /** What is wrong with the files, nothing where they are sound: quickly, or all that can be looked at. */
  check(full: boolean): Promise<readonly string[]>;
  /** Copies everything as it is at one moment to a new file. Rejects with StoreRefused where it cannot. */
  copy(to: string, progress: (done: number, total: number) => void): Promise<void>;
};

/** Where the engines differ in what tables are made of. */
export type Dialect = {
  readonly int: string;
  readonly real: string;
  readonly text: string;
  readonly blob: string;
  /** The type of an integer key that orders the rows. */
  readonly id: string;
  /** What follows the columns of a table: of most, and of one that is looked up by its primary key only. */
  readonly table: string;
  readonly keyed: string;
};

/** STRICT tables refuse a value of the wrong type, as PostgreSQL does. */
export const sqliteDialect: Dialect = {
  int: 'integer',
  real: 'real',
  text: 'text',
  blob: 'blob',
  id: 'integer primary key',
  table: ' strict',
  keyed: ' strict, without rowid',
};

/** Collation "C" orders text by its bytes, as SQLite does. */
export const postgresDialect: Dialect = {
  int: 'bigint',
  real: 'double precision',
  text: 'text collate "C"',
  blob: 'bytea',
  id: 'bigint primary key',
  table: '',
  keyed: '',
};
