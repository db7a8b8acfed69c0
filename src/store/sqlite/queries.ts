import type { StoreQuery, UnitOutcome } from '#src/store/unit.ts';
import { type Database, noteOf } from './database.ts';
import type { PackedOutcome } from './wire.ts';

/** One outcome per unit or query, and how long the slowest query took (ms). */
export type QueryAnswer = { readonly outcomes: readonly PackedOutcome[]; readonly slowest: number };

export const nothing: QueryAnswer = { outcomes: [], slowest: 0 };

/** Answers each query; one that fails takes no other with it. */
export function answerQueries({ run }: Database, queries: readonly StoreQuery<unknown>[]): QueryAnswer {
  let slowest = 0;
  const outcomes = queries.map(({ sql, params }): UnitOutcome => {
    const began = performance.now();
    try {
      return { results: [run(sql, params)] };
    } catch (error) {
      return { failure: noteOf(error, 0) };
    } finally {
      slowest = Math.max(slowest, performance.now() - began);
    }
  });
  return { outcomes, slowest };
}
