import type { Store, Unit, UnitResult } from '#src/store/index.ts';

/** Stores with a fault each, to show that the contract finds it. All else is the real store's. */
const faulty = (store: Store, unit: (statements: Unit) => Promise<UnitResult>): Store => ({ ...store, unit });

/** Says that a unit is done before it is. */
export const hasty = (store: Store): Store => {
  let late: Promise<unknown> = Promise.resolve();
  return {
    ...faulty(store, async (statements) => {
      // A turn of the loop late, as a write is that nobody waits for.
      late = late.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => store.unit(statements));
      late.catch(() => undefined);
      return statements.map(() => ({ rows: [], changed: 1 }));
    }),
    async [Symbol.asyncDispose]() {
      await late.catch(() => undefined);
      await store[Symbol.asyncDispose]();
    },
  };
};

/** Does not look at guards. */
export const unguarded = (store: Store): Store =>
  faulty(store, (statements) => store.unit(statements.map(({ sql, params }) => ({ sql, params }))));

/** Does each statement by itself. */
export const piecemeal = (store: Store): Store =>
  faulty(store, async (statements) => {
    const results: UnitResult[number][] = [];
    for (const statement of statements) results.push(...(await store.unit([statement])));
    return results;
  });

/** Lets one broken unit take its whole group with it. */
export const clinging = (store: Store): Store => {
  let group: { statements: Unit[number][]; done: Promise<UnitResult> } | undefined;
  return faulty(store, async (statements) => {
    const mine = (group ??= { statements: [], done: Promise.resolve().then(() => commit()) });
    const from = mine.statements.push(...statements) - statements.length;
    return (await mine.done).slice(from, from + statements.length);
  });
  function commit(): Promise<UnitResult> {
    const statements = group?.statements ?? [];
    group = undefined;
    return store.unit(statements);
  }
};

/** Reads and then writes, as if nobody came in between. */
export const optimistic = (store: Store): Store => ({
  ...store,
  budgets: {
    ...store.budgets,
    reserve: (budget, _, cost) => store.budgets.reserve(budget, Number.MAX_SAFE_INTEGER, cost),
  },
  archive: { ...store.archive, page: ({ account: _, ...page }) => store.archive.page(page) },
});

/** Lets anybody end a row of the journal, whoever owns it. */
export const lawless = (store: Store): Store => {
  const anybody = (statement: Unit[number]): Unit[number] => ({ ...statement, expect: 'any' });
  const { journal } = store;
  return {
    ...store,
    journal: { ...journal, step: (one) => anybody(journal.step(one)), end: (one) => anybody(journal.end(one)) },
  };
};
