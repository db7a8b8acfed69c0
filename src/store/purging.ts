import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Purge, Statement, Store } from './index.ts';

export type PurgeParts = {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Log;
  /** Resolves once all that is written in batches is in the store. */
  flush(): Promise<unknown>;
  /** Drops what of the account is in hand between both sides, but not the errors that it has yet to be told. */
  drop?(purge: Purge): void;
};

export type Purging = {
  /** The account is gone and its lines are closed: removes the rest of it, off the path. Never throws. */
  start(account: AccountKey): void;
  /** Goes on with what an earlier run did not finish. Never throws. */
  resume(): void;
  /** No more from now on. Resolves when nothing is under way; what is left goes on at the next start. */
  stop(): Promise<void>;
  /** Resolves when nothing is left to purge, or with the stop. */
  idle(): Promise<void>;
};

/** Rows that go in one unit: others come in between. */
const CHUNK = 500;
/** Ms after which what could not go is tried again. */
const AGAIN = 60_000;

/**
 * Removes an account with all that is its own, and puts what it shared with others out of its reach. For one unit
 * (SECURITY rule 12); `openPurging` removes the rest.
 */
export function removal(store: Store, { account, since }: Purge): readonly Statement[] {
  return [
    store.accounts.remove(account),
    store.settings.removeAll(account),
    store.contacts.removeAll(account),
    store.profiles.removeAll(account),
    store.occupancy.removeAll(account),
    store.sessions.removeAll(account),
    store.dormant.remove(account),
    store.bridgeState.removeAll(splitAccount(account).transport, account),
    ...store.purges.begin({ account, since }),
  ];
}

/** Removes in chunks what accounts that are gone have left behind. One account after the other. */
export function openPurging({ store, clock, log, flush, drop }: PurgeParts): Purging {
  let stopped = false;
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  const chunks = (statement: Statement): Promise<number> => store.chunks(statement, CHUNK, () => stopped);

  async function purge(purge: Purge): Promise<void> {
    const { account } = purge;
    // Errors that wait for their user go when they have arrived: whether some do is asked before the rest is removed.
    const waits = await store.queue.answers(purge);
    await chunks(store.queue.forget(purge, CHUNK));
    for (const place of await store.purges.places(account)) {
      await chunks(store.purges.unseen(account, place, CHUNK));
      if (stopped) return;
      await store.unit([store.purges.cleared(account, place)]);
    }
    for (const statement of store.purges.chunks(purge, CHUNK)) await chunks(statement);
    if (stopped) return;
    if (waits) return again();
    // What was deleted leaves the files before the note that it has to.
    await store.scrub();
    await store.unit([store.purges.end(account)]);
    await store.scrub();
    log.info({ transport: splitAccount(account).transport }, 'purged an account');
  }

  function next(work: () => Promise<void>): void {
    running = running.then(async () => {
      try {
        if (!stopped) await work();
      } catch (err) {
        log.error({ err }, 'an account could not be purged: it is tried again');
        again();
      }
    });
  }

  function resume(): void {
    next(async () => {
      for (const left of await store.purges.all()) await purge(left);
    });
  }

  function again(): void {
    cancel();
    if (!stopped) cancel = clock.after(AGAIN, resume);
  }

  return {
    start(account) {
      next(async () => {
        // What the account's last moments put into batches belongs to it, too.
        drop?.({ account, since: clock.now() });
        await flush();
        const since = clock.now();
        await store.unit(store.purges.begin({ account, since }));
        await purge({ account, since });
      });
    },
    resume,
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
    idle: () => running,
  };
}
