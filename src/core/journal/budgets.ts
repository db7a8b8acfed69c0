import type { Budget, Charge } from '#src/bridge.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { GuardFailed, type Statement, type Store } from '#src/store/index.ts';

/** What was reserved for one event, as its row keeps it. `day` counts periods. */
type Reserved = { readonly name: string; readonly day: number; readonly amount: number };

/** A budget that comes to its end: that of an account, or of all together. `until` is in milliseconds since 1970. */
export type Nearing = Reserved & {
  readonly transport: string;
  readonly budget: string;
  readonly account?: AccountKey;
  readonly spent: number;
  readonly limit: number;
  readonly until: number;
};

export type BudgetParts = {
  readonly store: Pick<Store, 'budgets'>;
  readonly log: Log;
  now(): number;
};

/** An event's charges: what the unit that accepts it has to reserve, and what its row keeps of that. */
export type Reservation = { readonly statements: readonly Statement[]; readonly kept: string | null };

/** Money and other things that may run out (SECURITY rule 10). */
export type Budgets = {
  /** Without an account only what all may spend together counts. */
  reserve(
    at: { account: AccountKey | undefined; transport: string; budgets: readonly Budget[] },
    charges: readonly Charge[],
  ): Reservation;
  /** Gives back what a row keeps. */
  release(kept: string | null): readonly Statement[];
  /** Who hears of a budget of which four fifths are spent, once in a run of the process. */
  listen(alarm: (nearing: Nearing) => void | Promise<void>): void;
  /** Looks after a reservation whether its budgets go to their end. Never rejects. */
  watch(transport: string, budgets: readonly Budget[], kept: string | null): Promise<void>;
};

/** The part of a budget at which its operator hears of it. */
const ALARM = 0.8;

export function openBudgets({ store, log, now }: BudgetParts): Budgets {
  const listeners: Parameters<Budgets['listen']>[0][] = [];
  const alarmed = new Set<string>();

  const nameOf = (transport: string, { name }: Budget, account?: AccountKey): string =>
    `${transport} ${name} ${account === undefined ? 'total' : `of ${account}`}`;

  function limits(at: { account: AccountKey | undefined; transport: string }, budget: Budget) {
    const { perUser = Number.MAX_SAFE_INTEGER, total = Number.MAX_SAFE_INTEGER } = budget;
    const own = at.account === undefined ? [] : [{ name: nameOf(at.transport, budget, at.account), limit: perUser }];
    return [...own, { name: nameOf(at.transport, budget), limit: total }];
  }

  /** Looks at one of the budgets that a row has reserved from. */
  async function look(transport: string, budget: Budget, one: Reserved): Promise<void> {
    const { name, day } = one;
    const limit = name.endsWith(' total') ? budget.total : budget.perUser;
    const mark = `${name} ${day}`;
    if (limit === undefined || alarmed.has(mark)) return;
    const spent = await store.budgets.spent({ name, day });
    if (spent < limit * ALARM || alarmed.has(mark)) return;
    alarmed.add(mark);
    const account = name.slice(nameOf(transport, budget, '' as AccountKey).length) as AccountKey;
    log.warn({ transport, budget: budget.name }, 'four fifths of a budget are spent');
    const nearing = {
      ...{ ...one, transport, budget: budget.name, spent, limit, until: (day + 1) * budget.period },
      ...(!name.endsWith(' total') && { account }),
    };
    for (const hear of listeners) await hear(nearing);
  }

  return {
    reserve(at, charges) {
      const kept: Reserved[] = [];
      const statements = charges
        .filter(({ amount }) => amount > 0)
        .flatMap(({ budget: wanted, amount }) => {
          const budget = at.budgets.find(({ name }) => name === wanted);
          if (!budget) throw new Error(`no budget is called ${wanted}`);
          const day = Math.floor(now() / budget.period);
          return limits(at, budget).map(({ name, limit }) => {
            kept.push({ name, day, amount });
            return store.budgets.reserve({ name, day }, limit, amount);
          });
        });
      return { statements, kept: kept.length === 0 ? null : JSON.stringify(kept) };
    },
    listen: (alarm) => void listeners.push(alarm),
    release(kept) {
      if (kept === null) return [];
      // A budget that was pruned in the meantime must not keep its row from ending.
      return (JSON.parse(kept) as Reserved[]).map(({ name, day, amount }) => ({
        ...store.budgets.release({ name, day }, amount),
        expect: 'any' as const,
      }));
    },
    async watch(transport, budgets, kept) {
      for (const one of kept === null ? [] : (JSON.parse(kept) as Reserved[])) {
        const budget = budgets.find((each) => one.name.startsWith(`${transport} ${each.name} `));
        if (!budget) continue;
        await look(transport, budget, one).catch((err: unknown) =>
          log.error({ err }, 'a budget could not be looked at'),
        );
      }
    },
  };
}

/** Reserves what a bridge spends of itself, as `Host.charge` of the transport. */
export type Charging = (
  transport: string,
  charges: readonly Charge[],
  account?: AccountKey,
) => Promise<() => Promise<void>>;

export type ChargingParts = {
  readonly store: Pick<Store, 'unit'>;
  readonly budgets: Budgets;
  transport(domain: string): Transport;
};

export function openCharging({ store, budgets, transport }: ChargingParts): Charging {
  return async (domain, charges, account) => {
    const { budgets: known } = transport(domain);
    const { statements, kept } = budgets.reserve({ account, transport: domain, budgets: known }, charges);
    if (kept === null) return async () => undefined;
    try {
      await store.unit(statements);
    } catch (error) {
      if (error instanceof GuardFailed) throw new Failure('budget-exhausted');
      throw error;
    }
    void budgets.watch(domain, known, kept);
    return async () => void (await store.unit(budgets.release(kept)));
  };
}
