import { guardNote, holds, type Result, type Unit, type UnitFailure, type UnitOutcome } from '#src/store/unit.ts';
import type { Database } from './database.ts';
import { noteOf, unavailableNote } from './database.ts';

/** Thrown inside a group: nothing of it can be committed. */
class GroupFailed extends Error {
  readonly note: UnitFailure;

  constructor(note: UnitFailure) {
    super(note.kind);
    this.note = note;
  }
}

/**
 * Does the units in one transaction. One that fails takes no other with it: in the rare case that something of it was
 * done before, all begin again with a savepoint each, which copies every page that is changed in it.
 * When it returns, what it calls done is on the disk. When the transaction fails, every unit has failed.
 */
export function runGroup(database: Database, units: readonly Unit[]): UnitOutcome[] {
  const { db, run } = database;
  try {
    run('begin immediate', []);
    const outcomes = runPlain(database, units) ?? again(database, units);
    run('commit', []);
    return outcomes;
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    const failure = error instanceof GroupFailed ? error.note : unavailableNote(error);
    return units.map(() => ({ failure }));
  }
}

/** Undefined where a unit has failed after something of it was done. */
function runPlain(database: Database, units: readonly Unit[]): UnitOutcome[] | undefined {
  const outcomes: UnitOutcome[] = [];
  for (const unit of units) {
    const outcome = runStatements(database, unit);
    if ('failure' in outcome && !(database.db.isTransaction && untouched(outcome.failure))) return undefined;
    outcomes.push(outcome);
  }
  return outcomes;
}

/** A guard that met no rows, and a statement that broke a constraint, have changed nothing (sqlite.org/lang_conflict.html). */
const untouched = (failure: UnitFailure): boolean =>
  failure.kind !== 'unavailable' && failure.index === 0 && (failure.kind === 'statement' || failure.changed === 0);

function again(database: Database, units: readonly Unit[]): UnitOutcome[] {
  const { db, run } = database;
  // A full disk may have ended the transaction already (sqlite.org/lang_transaction.html).
  if (db.isTransaction) run('rollback', []);
  run('begin immediate', []);
  return units.map((unit) => runUnit(database, unit));
}

function runUnit(database: Database, unit: Unit): UnitOutcome {
  const { db, run } = database;
  run('savepoint unit', []);
  const outcome = runStatements(database, unit);
  if ('failure' in outcome) {
    if (outcome.failure.kind === 'unavailable' || !db.isTransaction) throw new GroupFailed(outcome.failure);
    run('rollback to unit', []);
  }
  run('release unit', []);
  return outcome;
}

function runStatements({ run }: Database, unit: Unit): UnitOutcome {
  const results: Result[] = [];
  for (const [index, statement] of unit.entries()) {
    try {
      const result = run(statement.sql, statement.params);
      if (!holds(statement, result.changed)) return { failure: guardNote(statement, index, result.changed) };
      results.push(result);
    } catch (error) {
      return { failure: noteOf(error, index) };
    }
  }
  return { results };
}
