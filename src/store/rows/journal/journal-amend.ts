import { sql } from 'kysely';
import type { EventId } from '#src/model/ids.ts';
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

/** A stanza that has changed another one and needs no row for itself: its key is known, so that a repeat is. */
export type AmendmentNote = {
  readonly id: number;
  readonly event: EventId;
  readonly lane: string;
  readonly account: string;
  readonly key: string;
  readonly at: number;
};

/** Adds one that has ended. Where its key is known it is left out quietly. */
export const noteAmendment = writing((_, a: AmendmentNote) =>
  db
    .insertInto('journal')
    .values({
      ...{ id: a.id, event: a.event, lane: a.lane, account: a.account, key: a.key, body: '', origin: null },
      ...{ state: 'done', outcome: 'delivered', attempts: 0, doubted: 0, told: 0, epoch: 0, not_before: 0, expires: 0 },
      ...{ at: a.at, changed: a.at, charges: null, trace: '' },
    })
    .onConflict((conflict) => conflict.column('key').doNothing()),
);
