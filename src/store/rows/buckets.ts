import { sql } from 'kysely';
import { db, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** A token bucket: holds at most `burst` tokens and gains `perSecond` of them. A new one is full. */
export type Bucket = { readonly name: string; readonly burst: number; readonly perSecond: number };

export type Buckets = {
  /**
   * Takes `cost` tokens at the time `now` (ms). Guarded: so many are there, else its unit is undone. A clock that goes
   * back refills nothing. Throws a RangeError for a cost that no full bucket could pay.
   */
  take(bucket: Bucket, cost: number, now: number): Statement;
  /** Removes up to `max` buckets untouched since `before` (ms), which have to be full by now. */
  prune(before: number, max: number): Statement;
};

type Args = { name: string; burst: number; perMs: number; cost: number; now: number };

const real = (value: number) => sql<number>`cast(${value} as double precision)`;

/** What the bucket holds by now, in terms of its row. */
const refilled = (a: Args) => {
  const grown = sql`buckets.tokens + ${real(a.perMs)} *
    (case when ${real(a.now)} > buckets.at then ${real(a.now)} - buckets.at else 0 end)`;
  return sql`case when ${grown} > ${real(a.burst)} then ${real(a.burst)} else ${grown} end`;
};

const take = writing(
  (_, a: Args) => ({
    compile: () =>
      sql`insert into buckets (name, tokens, at)
        values (${a.name}, ${real(a.burst)} - ${real(a.cost)}, ${a.now})
        on conflict (name) do update set
          tokens = ${refilled(a)} - ${real(a.cost)},
          at = case when excluded.at > buckets.at then excluded.at else buckets.at end
        where ${refilled(a)} >= ${real(a.cost)}`.compile(db),
  }),
  1,
);

const prune = writing((db, a: { before: number; max: number }) =>
  db
    .deleteFrom('buckets')
    .where('name', 'in', (eb) =>
      eb.selectFrom('buckets as old').select('old.name').where('old.at', '<', a.before).orderBy('old.at').limit(a.max),
    ),
);

export const buckets = (): Buckets => ({
  take({ name, burst, perSecond }, cost, now) {
    if (cost > burst) throw new RangeError(`the bucket ${name} never holds ${cost} tokens`);
    return take({ name, burst, perMs: perSecond / 1000, cost, now });
  },
  prune: (before, max) => prune({ before, max }),
});
