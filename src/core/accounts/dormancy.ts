import type { Credentials } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { DormantAccount, SealKey, Statement, Store } from '#src/store/index.ts';

export type DormancyParts = {
  readonly store: Pick<Store, 'credentials' | 'dormant' | 'unit'>;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  /** Ms for which somebody may not be seen until what they log in with is not used any more. */
  readonly unseen: number;
};

/** What dormancy tells. */
export type DormancyNews = {
  /** The account is out of reach from now on; `left`: all that it had is removed later. */
  sleeps(account: AccountKey, left: boolean): void;
  /** Removes all that a dormant account had. */
  wipe(account: AccountKey): Promise<unknown>;
};

/**
 * Accounts whose user has gone from their server, so that the next owner of the address is somebody else, or has not been seen
 * for long: nothing of theirs is used or shown until they register again.
 */
export type Dormancy = {
  /** Reads who is dormant. Before that nobody is. */
  load(): Promise<void>;
  has(account: AccountKey): boolean;
  /** Since when the account's user may be another, in ms: what is older is not theirs to see. */
  since(account: AccountKey): number | undefined;
  /** The user has put the gateway out of the roster, as a server does for an account that it removes. */
  left(account: AccountKey): void;
  /**
   * What has to be written with a registration. Whoever gives just what a dormant account logged in with is its user, and
   * has it back; else all that it had is removed first.
   */
  wake(
    account: AccountKey,
    given?: { readonly realm: string; readonly credentials: Credentials },
  ): Promise<readonly Statement[]>;
  listen(news: DormancyNews): void;
  /** Looks for those whose time is over, now and every hour. */
  start(): void;
  stop(): void;
};

const HOUR = 3_600_000;
/** How long what somebody had is kept for whom it may have been a mistake, in ms. */
const WIPED_AFTER = 7 * 24 * HOUR;

export function openDormancy({ store, key, clock, log, unseen }: DormancyParts): Dormancy {
  const asleep = new Map<AccountKey, DormantAccount>();
  const wiping = new Map<AccountKey, Promise<void>>();
  const listeners: DormancyNews[] = [];
  let cancel = (): void => undefined;
  let stopped = false;

  async function sleep(account: AccountKey, left: boolean): Promise<void> {
    const dormant = { account, since: clock.now(), left };
    asleep.set(account, dormant);
    for (const news of listeners) news.sleeps(account, left);
    await store.unit([store.dormant.put(dormant)]);
  }

  /** Once at a time: whoever registers meanwhile waits for it. */
  function wipe(account: AccountKey): Promise<void> {
    const going = wiping.get(account) ?? wipeNow(account).finally(() => wiping.delete(account));
    wiping.set(account, going);
    return going;
  }

  async function wipeNow(account: AccountKey): Promise<void> {
    for (const news of listeners) await news.wipe(account);
    asleep.delete(account);
  }

  async function look(): Promise<void> {
    const now = clock.now();
    // Some may have registered again meanwhile.
    for (const one of [...asleep.values()])
      if (one.left && now - one.since >= WIPED_AFTER && asleep.get(one.account) === one)
        await wipe(one.account).catch((err: unknown) => log.error({ err }, 'an account that has left was not removed'));
    if (Number.isFinite(unseen))
      for (const account of await store.dormant.unseen(now - unseen))
        if (!asleep.has(account)) await sleep(account, false);
  }

  function tick(): void {
    look().catch((err: unknown) => log.error({ err }, 'accounts that nobody uses could not be looked for'));
    if (!stopped) cancel = clock.after(HOUR, tick);
  }

  return {
    async load() {
      for (const one of await store.dormant.all()) asleep.set(one.account, one);
    },
    has: (account) => asleep.size > 0 && asleep.has(account),
    since(account) {
      const found = asleep.get(account);
      return found?.left ? found.since : undefined;
    },
    left(account) {
      if (asleep.get(account)?.left) return;
      sleep(account, true).catch((err: unknown) => log.error({ err }, 'that an account has left could not be written'));
    },
    async wake(account, given) {
      await wiping.get(account);
      const found = asleep.get(account);
      if (!found) return [];
      if (found.left && !(given && (await isSame(account, given)))) await wipe(account);
      asleep.delete(account);
      return [store.dormant.remove(account)];
    },
    listen: (news) => void listeners.push(news),
    start: tick,
    stop() {
      stopped = true;
      cancel();
    },
  };

  async function isSame(
    account: AccountKey,
    { realm, credentials }: { readonly realm: string; readonly credentials: Credentials },
  ): Promise<boolean> {
    const old = await store.credentials.get(key, account, realm);
    const names = Object.keys(credentials);
    return (
      names.length > 0 &&
      names.length === old.size &&
      names.every((name) => old.get(name)?.open() === credentials[name]?.open())
    );
  }
}
