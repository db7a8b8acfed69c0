import { sql } from 'kysely';
import { db, type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/**
 * What may be spent under a name on a day, in whole units of whatever it counts (cents, bytes, messages). A quota that
 * knows no days has the day 0. What is spent is kept, not what is left: a limit that the operator changes holds at once.
 */
export type StoredBudget = { readonly name: string; readonly day: number };

export type BudgetRows = {
  /**
   * Reserves `cost` within `limit`. Guarded: so much is left, else its unit is undone. Put it into the unit that
   * accepts what costs (SECURITY rule 10).
   */
  reserve(budget: StoredBudget, limit: number, cost: number): Statement;
  /** Gives back what was not spent after all. Guarded: it was reserved. */
  release(budget: StoredBudget, cost: number): Statement;
  spent(budget: StoredBudget): Promise<number>;
};

const reserve = writing(
  (_, a: StoredBudget & { limit: number; cost: number }) => ({
    compile: () =>
      sql`insert into budgets (name, day, spent)
        select ${a.name}, cast(${a.day} as bigint), cast(${a.cost} as bigint)
        where cast(${a.limit} as bigint) >= cast(${a.cost} as bigint)
        on conflict (name, day) do update set spent = budgets.spent + excluded.spent
        where cast(${a.limit} as bigint) - budgets.spent >= excluded.spent`.compile(db),
  }),
  1,
);

const release = writing(
  (db, a: StoredBudget & { cost: number }) =>
    db
      .updateTable('budgets')
      .set((eb) => ({ spent: eb('spent', '-', a.cost) }))
      .where('name', '=', a.name)
      .where('day', '=', a.day)
      .where('spent', '>=', a.cost),
  1,
);

const spent = reading((db, a: StoredBudget) =>
  db.selectFrom('budgets').select('spent').where('name', '=', a.name).where('day', '=', a.day),
);

export const budgets = (read: Read): BudgetRows => ({
  reserve: (budget, limit, cost) => reserve({ ...budget, limit, cost: amount(cost) }),
  release: (budget, cost) => release({ ...budget, cost: amount(cost) }),
  spent: async (budget) => (await read(spent(budget)))[0]?.spent ?? 0,
});

/** A negative amount would turn a reservation into a gift. */
function amount(cost: number): number {
  if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError(`${cost} is no amount of a budget`);
  return cost;
}
