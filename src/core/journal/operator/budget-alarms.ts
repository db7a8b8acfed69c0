import type { Nearing } from '#src/core/journal/budgets.ts';
import type { Commit, Rows } from '#src/core/journal/shelf.ts';
import { bareOf, splitAccount } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import type { Alarms } from './alarms.ts';

export type BudgetAlarmParts = {
  readonly store: Pick<Store, 'budgets'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly rows: Pick<Rows, 'owner'>;
  readonly alarms: Pick<Alarms, 'tell' | 'tellOne'>;
};

/**
 * Says once that a budget comes to its end, also where the gateway is started again in its time: that of all users to
 * those who run the gateway, that of one user to that user.
 */
export function openBudgetAlarms({ store, commit, rows, alarms }: BudgetAlarmParts): (it: Nearing) => Promise<void> {
  return async (nearing) => {
    const { transport, account, name, day } = nearing;
    const told = { name: `told ${name}`, day };
    if ((await store.budgets.spent(told)) > 0) return;
    await rows.owner();
    if (account === undefined) alarms.tell(transport, nearingText(nearing));
    else alarms.tellOne(transport, bareOf(splitAccount(account).user), nearingText(nearing));
    // In one unit with the messages, which wait for it.
    await commit.write([{ ...store.budgets.reserve(told, 1, 1), expect: 'any' }]);
  };
}

const minuteOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What is said of a budget that comes to its end. Pure. */
export function nearingText({ transport, account, budget, spent, limit, until }: Nearing): string {
  const [who, what] = account === undefined ? [`all users of ${transport}`, 'messages'] : ['you', 'your messages'];
  return (
    `${spent} of the ${limit} ${budget} that ${who} may spend are spent. ` +
    `When all are, ${what} are refused until ${minuteOf(until)}.`
  );
}
