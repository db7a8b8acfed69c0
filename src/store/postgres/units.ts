import type pg from 'pg';
import { guardNote, holds, type Result, type Unit, type UnitFailure, type UnitOutcome } from '#src/store/unit.ts';
import { ask, noteOf } from './connection.ts';

/**
 * Does the units in one transaction, as on SQLite. All of their statements are sent together (the client pipelines), so
 * that a group costs two round trips; where one has failed, all begin again with a savepoint each, so that it takes no
 * other with it. When it resolves, what it calls done is committed. When the transaction fails, every unit has failed.
 */
export async function runGroup(client: pg.Client, units: readonly Unit[]): Promise<UnitOutcome[]> {
  let outcomes: readonly UnitOutcome[];
  try {
    outcomes = (await runPlain(client, units)) ?? (await again(client, units));
  } catch (error) {
    return failed(units, error, true);
  }
  const broken = outcomes.find((one) => 'failure' in one && one.failure.kind === 'unavailable');
  if (broken) return units.map(() => broken);
  return commit(client, units, outcomes);
}

async function commit(
  client: pg.Client,
  units: readonly Unit[],
  outcomes: readonly UnitOutcome[],
): Promise<UnitOutcome[]> {
  try {
    const { command } = await client.query('commit');
    // The server answers the commit of a transaction that failed with a rollback, and no error.
    if (command !== 'COMMIT') throw new Error('the server rolled the transaction back');
    return [...outcomes];
  } catch (error) {
    return failed(units, error, false);
  }
}

function failed(units: readonly Unit[], error: unknown, certain: boolean): UnitOutcome[] {
  const reason = error instanceof Error ? error.message : String(error);
  return units.map(() => ({ failure: { kind: 'unavailable', reason, certain } }));
}

/** Undefined where a unit has failed after something of it was done, or a statement has ended the transaction. */
async function runPlain(client: pg.Client, units: readonly Unit[]): Promise<readonly UnitOutcome[] | undefined> {
  const [begun, ...answers] = await Promise.allSettled([
    client.query('begin'),
    ...units.flatMap((unit) => unit.map((statement) => ask(client, statement))),
  ]);
  if (begun.status === 'rejected') throw begun.reason;
  const outcomes: UnitOutcome[] = [];
  let at = 0;
  for (const unit of units) {
    const outcome = judge(unit, answers.slice(at, at + unit.length));
    at += unit.length;
    if ('failure' in outcome && !untouched(outcome.failure, unit)) return undefined;
    outcomes.push(outcome);
  }
  return outcomes;
}

/** A guard that met no rows has changed nothing, if nothing came behind it. A line that broke is no reason to go on. */
const untouched = (failure: UnitFailure, unit: Unit): boolean =>
  failure.kind === 'unavailable' || (failure.kind === 'guard' && failure.changed === 0 && unit.length === 1);

/** One after the other. What follows a line that has broken is not begun. */
async function again(client: pg.Client, units: readonly Unit[]): Promise<readonly UnitOutcome[]> {
  await client.query('rollback');
  await client.query('begin');
  const outcomes: UnitOutcome[] = [];
  for (const unit of units) {
    const outcome = await runUnit(client, unit);
    outcomes.push(outcome);
    if ('failure' in outcome && outcome.failure.kind === 'unavailable') break;
  }
  return outcomes;
}

async function runUnit(client: pg.Client, unit: Unit): Promise<UnitOutcome> {
  const [opened, ...answers] = await Promise.allSettled([
    client.query('savepoint unit'),
    ...unit.map((statement) => ask(client, statement)),
  ]);
  if (opened.status === 'rejected') return { failure: noteOf(opened.reason, 0) };
  const outcome = judge(unit, answers);
  if ('results' in outcome) await client.query('release unit');
  else if (outcome.failure.kind !== 'unavailable') await client.query('rollback to unit; release unit');
  return outcome;
}

/** The first statement that failed or whose guard did not hold decides; those behind it have run in vain. */
function judge(unit: Unit, answers: readonly PromiseSettledResult<Result>[]): UnitOutcome {
  const results: Result[] = [];
  for (const [index, statement] of unit.entries()) {
    const answer = answers[index];
    if (answer?.status !== 'fulfilled') return { failure: noteOf(answer?.reason, index) };
    if (!holds(statement, answer.value.changed)) return { failure: guardNote(statement, index, answer.value.changed) };
    results.push(answer.value);
  }
  return { results };
}
