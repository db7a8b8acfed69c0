import { Failure } from '#src/model/failure.ts';

/** What a parameter or a column may hold. Times are integer milliseconds, truth is 0 or 1, JSON is text. */
export type Value = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

/** One compiled statement with `?` for each parameter, the same on every engine. */
export type Statement = {
  readonly sql: string;
  readonly params: readonly Value[];
  /** How many rows it must change or return. Anything else undoes its whole unit. `any` (the default) is no guard. */
  readonly expect?: number | 'any';
};

/** A statement that only reads, with the type of its rows. */
export type StoreQuery<R = Row> = { readonly sql: string; readonly params: readonly Value[]; readonly row?: R };

/** What a statement did: the rows it returned, and how many it changed (or returned, where it changes none). */
export type Result = { readonly rows: readonly Row[]; readonly changed: number };

/** What is done whole or not at all: its statements in order. */
export type Unit = readonly Statement[];
/** One result for each statement of the unit. */
export type UnitResult = readonly Result[];

/** How a unit ended, in a form that passes between threads. */
export type UnitOutcome = { readonly results: UnitResult } | { readonly failure: UnitFailure };

export type UnitFailure =
  | { readonly kind: 'guard'; readonly index: number; readonly expected: number; readonly changed: number }
  | { readonly kind: 'statement'; readonly index: number; readonly reason: string; readonly constraint: boolean }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly certain: boolean };

/** A guard did not hold: nothing of the unit was done. The usual answer of a store, such as "no budget left". */
export class GuardFailed extends Error {
  readonly index: number;
  readonly changed: number;

  constructor({ index, expected, changed }: { index: number; expected: number; changed: number }) {
    super(`statement ${index} of the unit met ${changed} rows instead of ${expected}`);
    this.name = 'GuardFailed';
    this.index = index;
    this.changed = changed;
  }
}

/** A statement is wrong or breaks a constraint: nothing of the unit was done. The message holds no values. */
export class StatementFailed extends Error {
  /** Which one of its unit, from 0. */
  readonly index: number;
  readonly constraint: boolean;

  constructor({ reason, index, constraint }: { reason: string; index: number; constraint: boolean }) {
    super(`statement ${index}: ${reason}`);
    this.name = 'StatementFailed';
    this.index = index;
    this.constraint = constraint;
  }
}

/**
 * The store cannot work now: disk full, locked by another program, server away, queue full. A later try may succeed.
 * `certain` is false where the line broke during the commit, so that the unit may have been done all the same.
 */
export class StoreUnavailable extends Failure {
  /** What those who run the gateway read; its message is for users. */
  readonly reason: string;

  constructor(why: string, certain = true) {
    const reason = `the store is unavailable: ${why}`;
    const text = 'The gateway cannot reach its store at the moment. Try again later.';
    super('queue-full', { text, certain, cause: new Error(reason) });
    this.name = 'StoreUnavailable';
    this.reason = reason;
  }
}

/** The store may not be opened: in use by another process, of a newer schema, or no store at all. */
export class StoreRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'StoreRefused';
  }
}

/** The error that a caller of `unit` meets. */
export function failureOf(note: UnitFailure): Error {
  if (note.kind === 'guard') return new GuardFailed(note);
  if (note.kind === 'statement') return new StatementFailed(note);
  return new StoreUnavailable(note.reason, note.certain);
}

/** True when the statement met as many rows as it had to. */
export const holds = ({ expect }: Statement, changed: number): boolean =>
  expect === undefined || expect === 'any' || expect === changed;

/** The note about a guard that did not hold. */
export const guardNote = (statement: Statement, index: number, changed: number): UnitFailure => ({
  kind: 'guard',
  index,
  expected: Number(statement.expect),
  changed,
});

/**
 * Throws a TypeError for a parameter that the engines would take differently: node:sqlite reads an object as named
 * parameters (so that a Date becomes NULL), PostgreSQL refuses NUL in text, and neither keeps numbers past 2^53.
 */
export function checkParams(params: readonly Value[]): void {
  for (let index = 0; index < params.length; index++) {
    if (!passes(params[index])) throw new TypeError(`parameter ${index} (${typeof params[index]}) cannot be stored`);
  }
}

function passes(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0');
  if (typeof value === 'number') return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return value === null || value instanceof Uint8Array;
}
