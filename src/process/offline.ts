import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Config } from '#src/config.ts';
import { openBudgets } from '#src/core/journal/budgets.ts';
import { openQueue } from '#src/core/journal/operator/queue.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { BareJid } from '#src/model/ids.ts';
import { openStore, removal, type Store, StoreRefused } from '#src/store/index.ts';
import { type Operations, openOperations } from './operations.ts';

const WEEK = 7 * 86_400_000;

/**
 * The operations on a store of which no gateway has the lock. Rejects with StoreRefused where one has, and where there
 * is no store yet: a command makes none.
 */
export async function openOffline(config: Config): Promise<AsyncDisposable & { readonly operations: Operations }> {
  storeMustExist(config);
  const log = openLog('silent');
  const clock = systemClock;
  const store = await openStore({ url: config.store, log, clock });
  const budgets = openBudgets({ store, log, now: clock.now });
  let epoch: Promise<number> | undefined;
  const takeOver = async (): Promise<number> => {
    const [taken] = await store.unit([store.journal.takeOver()]);
    return Number(taken?.rows[0]?.next);
  };
  const queue = openQueue({
    store,
    clock,
    expiry: config.limits.expiry.xmpp ?? WEEK,
    owner: () => (epoch ??= takeOver()),
    release: budgets.release,
  });
  return {
    operations: openOperations({ store, queue, purge: (user) => purge(store, user, clock.now()) }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Throws StoreRefused where there is no store: a command makes none. */
export function storeMustExist({ store }: Pick<Config, 'store'>): void {
  const [, file] = /^sqlite:(.+)$/.exec(store) ?? [];
  if (file === undefined || existsSync(file)) return;
  const where = isAbsolute(file) ? '' : `: the config has ${file}, from the folder in which a command is started`;
  throw new StoreRefused(`there is no store at ${resolve(file)} yet${where}`);
}

/** What the accounts shared with others is removed by the next run. */
async function purge(store: Store, user: BareJid, since: number): Promise<number> {
  const accounts = await store.accounts.ofUser(user);
  for (const { key: account } of accounts) await store.unit(removal(store, { account, since }));
  return accounts.length;
}
