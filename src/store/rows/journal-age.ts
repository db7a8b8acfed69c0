import { sql } from 'kysely';
import { writing } from '#src/store/sql.ts';

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
      eb
        .selectFrom('journal')
        .select('id')
        .where(sql<boolean>`state = 'taken'`)
        .where(sql<boolean>`lane like 'in %'`)
        .where('not_before', '<=', a.before)
        .limit(a.max),
    ),
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
