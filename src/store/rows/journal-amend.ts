import { sql } from 'kysely';
import { db, writing } from '#src/store/sql.ts';

/** What a row of the journal says from now on. `changed` is wall time in ms, `trace` a line of its steps. */
export type RowAmendment = {
  readonly id: number;
  readonly epoch: number;
  readonly changed: number;
  readonly body: string;
  readonly trace: string;
};

/** Guarded: the row is owed, and this epoch owns it. */
export const amend = writing(
  (_, a: RowAmendment) =>
    db
      .updateTable('journal')
      .set({ body: a.body, changed: a.changed, trace: sql<string>`trace || ${a.trace}` })
      .where('id', '=', a.id)
      .where('epoch', '=', a.epoch)
      .where(sql<boolean>`state in ('ready', 'flight')`),
  1,
);
