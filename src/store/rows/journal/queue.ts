import { sql } from 'kysely';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';
import type { Purge } from '../accounts/purges.ts';
import { type Journaled, rowOf } from './journal.ts';

/** A row of the journal as its operator looks at it. `trace`: a line for each step, wall time in ms, and what it was. */
export type QueuedRow = Journaled & { readonly changed: number; readonly trace: string };

/** The journal as an operator works on it: by the ids of its rows, whichever process owns them. */
export type QueueRows = {
  /** Up to `max` rows behind that id that have not ended, or were given up, in order. */
  page(after: number, max: number): Promise<readonly QueuedRow[]>;
  get(id: number): Promise<QueuedRow | undefined>;
  /** Owns a row whatever its lane. Guarded: it has not ended. */
  own(id: number, epoch: number): Statement;
  /** It may be tried now. Changes nothing where it does not wait. */
  hurry(id: number): Statement;
  /** One that was given up has been seen to. Guarded: it was given up. */
  seen(id: number): Statement;
  /**
   * Removes up to `max` rows of an account that are no younger than `since`, whatever became of them, but not the errors
   * that it has yet to be told. Done when it has changed fewer.
   */
  forget(of: Purge, max: number): Statement;
  /** Whether such errors are left. */
  answers(of: Purge): Promise<boolean>;
};

const page = reading((db, a: { after: number; max: number }) =>
  db
    .selectFrom('journal')
    .selectAll()
    .where('id', '>', a.after)
    .where(sql<boolean>`state <> 'done'`)
    .orderBy('id')
    .limit(a.max),
);

const one = reading((db, a: { id: number }) => db.selectFrom('journal').selectAll().where('id', '=', a.id));

const own = writing(
  (db, a: { id: number; epoch: number }) =>
    db
      .updateTable('journal')
      .set({ epoch: a.epoch })
      .where('id', '=', a.id)
      .where(sql<boolean>`state in ('ready', 'flight', 'taken')`),
  1,
);

const hurry = writing((db, a: { id: number }) =>
  db.updateTable('journal').set({ not_before: 0 }).where('id', '=', a.id).where(sql<boolean>`state = 'ready'`),
);

const seen = writing(
  (db, a: { id: number }) =>
    db.updateTable('journal').set({ state: 'done' }).where('id', '=', a.id).where(sql<boolean>`state = 'parked'`),
  1,
);

/** What an account has yet to be told of what it sent outlives it: it holds no text. */
const answer = sql<boolean>`(state in ('ready', 'flight') and event >= 'in error ' and event < 'in error!')`;

const forget = writing((db, a: { account: string; since: number; max: number }) =>
  db
    .deleteFrom('journal')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('journal')
        .select('id')
        .where('account', '=', a.account)
        .where('at', '<=', a.since)
        .where(sql<boolean>`not ${answer}`)
        .orderBy('id')
        .limit(a.max),
    ),
);

const answers = reading((db, a: { account: string; since: number }) =>
  db
    .selectFrom('journal')
    .select('id')
    .where('account', '=', a.account)
    .where('at', '<=', a.since)
    .where(answer)
    .limit(1),
);

const queued = (row: Readonly<Record<string, unknown>>): QueuedRow => ({
  ...rowOf(row),
  changed: Number(row.changed),
  trace: String(row.trace),
});

export const queue = (read: Read): QueueRows => ({
  page: async (after, max) => (await read(page({ after, max }))).map(queued),
  get: async (id) => (await read(one({ id }))).map(queued)[0],
  own: (id, epoch) => own({ id, epoch }),
  hurry: (id) => hurry({ id }),
  seen: (id) => seen({ id }),
  forget: ({ account, since }, max) => forget({ account, since, max }),
  answers: async ({ account, since }) => (await read(answers({ account, since }))).length > 0,
});
