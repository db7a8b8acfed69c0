import type pg from 'pg';
import { ask, noteOf } from './postgres-connection.ts';
import { guardNote, holds, type Outcome, type Result, type Unit } from './unit.ts';

/**
 * Does the units in one transaction, each in a savepoint of its own, as on SQLite. The statements of a unit are sent
 * together (the client pipelines), so that each unit costs one round trip. When it resolves, what it calls done is
 * committed. When the transaction fails, every unit has failed.
 */
export async function runGroup(client: pg.Client, units: readonly Unit[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  try {
    await client.query('begin');
    for (const unit of units) {
      const outcome = await runUnit(client, unit);
      if ('failure' in outcome && outcome.failure.kind === 'unavailable') return units.map(() => outcome);
      outcomes.push(outcome);
    }
  } catch (error) {
    return failed(units, error, true);
  }
  try {
    const { command } = await client.query('commit');
    // The server answers the commit of a transaction that failed with a rollback, and no error.
    if (command !== 'COMMIT') throw new Error('the server rolled the transaction back');
    return outcomes;
  } catch (error) {
    return failed(units, error, false);
  }
}

function failed(units: readonly Unit[], error: unknown, certain: boolean): Outcome[] {
  const reason = error instanceof Error ? error.message : String(error);
  return units.map(() => ({ failure: { kind: 'unavailable', reason, certain } }));
}

async function runUnit(client: pg.Client, unit: Unit): Promise<Outcome> {
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
function judge(unit: Unit, answers: readonly PromiseSettledResult<Result>[]): Outcome {
  const results: Result[] = [];
  for (const [index, statement] of unit.entries()) {
    const answer = answers[index];
    if (answer?.status !== 'fulfilled') return { failure: noteOf(answer?.reason, index) };
    if (!holds(statement, answer.value.changed)) return { failure: guardNote(statement, index, answer.value.changed) };
    results.push(answer.value);
  }
  return { results };
}
