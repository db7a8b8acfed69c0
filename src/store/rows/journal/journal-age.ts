import { sql } from 'kysely';
import { reading, writing } from '#src/store/sql.ts';

/** Rows to users of other servers, which may come back. */
const unsure = sql<boolean>`state = 'taken' and lane like 'in %'`;

/** Calls rows delivered that were taken long ago; whether they were is not known. */
export const presume = writing((db, a: { before: number; changed: number; max: number }) =>
  db
    .updateTable('journal')
    .set({ state: 'done', outcome: 'delivered', doubted: 1, body: '', charges: null, changed: a.changed })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('journal')
        .select('id')
        .where(sql<boolean>`state = 'taken'`)
        .where('changed', '<', a.before)
        .orderBy('changed')
        .limit(a.max),
    ),
);

/** Calls rows towards XMPP delivered that their server has read, once nothing of them can come back (gateway time). */
export const arrived = writing((db, a: { before: number; changed: number; max: number }) =>
  db
    .updateTable('journal')
    .set({ state: 'done', outcome: 'delivered', body: '', charges: null, changed: a.changed })
    .where('id', 'in', (eb) =>
      eb.selectFrom('journal').select('id').where(unsure).where('not_before', '<=', a.before).limit(a.max),
    ),
);

/** Makes rows towards XMPP owed again that may come back after a time (gateway time). What the process has survived is no suspect. */
export const reopen = writing((db, a: { after: number; changed: number; note: string }) =>
  db
    .updateTable('journal')
    .set({ state: 'ready', attempts: 0, not_before: 0, changed: a.changed })
    .set({ trace: sql<string>`trace || ${a.note}` })
    .where(unsure)
    .where('not_before', '>', a.after),
);

/** Up to `max` of such rows behind an id. */
export const unproven = reading((db, a: { time: number; after: number; max: number }) =>
  db
    .selectFrom('journal')
    .select(['id', 'event', 'account'])
    .where(unsure)
    .where('not_before', '>', a.time)
    .where('id', '>', a.after)
    .orderBy('id')
    .limit(a.max),
);

/** Forgets rows that ended long ago. */
export const prune = writing((db, a: { before: number; max: number }) =>
  db
    .deleteFrom('journal')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('journal')
        .select('id')
        .where(sql<boolean>`state in ('done', 'parked')`)
        .where('changed', '<', a.before)
        .orderBy('changed')
        .limit(a.max),
    ),
);
