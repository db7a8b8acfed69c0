import type { Database } from './sqlite-database.ts';
import { noteOf, unavailableNote } from './sqlite-database.ts';
import { type FailureNote, guardNote, holds, type Outcome, type Result, type Unit } from './unit.ts';

/** Thrown inside a group: nothing of it can be committed. */
class GroupFailed extends Error {
  readonly note: FailureNote;

  constructor(note: FailureNote) {
    super(note.kind);
    this.note = note;
  }
}

/**
 * Does the units in one transaction, each in a savepoint of its own, so that a unit that fails takes no other with it.
 * When it returns, what it calls done is on the disk. When the transaction fails, every unit has failed.
 */
export function runGroup(database: Database, units: readonly Unit[]): Outcome[] {
  const { db, run } = database;
  try {
    run('begin immediate', []);
    const outcomes = units.map((unit) => runUnit(database, unit));
    run('commit', []);
    return outcomes;
  } catch (error) {
    // A full disk may have ended the transaction already (sqlite.org/lang_transaction.html).
    if (db.isTransaction) db.exec('rollback');
    const failure = error instanceof GroupFailed ? error.note : unavailableNote(error);
    return units.map(() => ({ failure }));
  }
}

function runUnit(database: Database, unit: Unit): Outcome {
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

function runStatements({ run }: Database, unit: Unit): Outcome {
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
