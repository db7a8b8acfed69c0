import type { Log } from '#src/lib/log.ts';
import type { Store } from './index.ts';

export type IntegrityParts = {
  readonly store: Pick<Store, 'running' | 'unit' | 'check'>;
  readonly log: Log;
  /** Hears what a check has found. */
  found(damaged: boolean): void;
  /** Tells those who run the gateway. */
  alarm(text: string): void;
};

/** Whether the store came through the end of the last run. */
export type Integrity = {
  /** The gateway is online: looks the files over, once, if the last run was cut off. Never rejects. */
  check(): Promise<void>;
  /** The store is closed in order. Resolves when nothing is under way. Never rejects. */
  stop(): Promise<void>;
};

const DAMAGED =
  'The store of the gateway is damaged: its last run was cut off, and a check has found errors. Its log says which.';

/** Notes that somebody works on the store. Rejects when the store is away. */
export async function openIntegrity({ store, log, found, alarm }: IntegrityParts): Promise<Integrity> {
  let suspect = await store.running.left();
  let checking: Promise<void> = Promise.resolve();
  await store.unit([store.running.begin()]);

  async function look(): Promise<void> {
    const start = performance.now();
    const wrong = await store.check(false);
    const ms = Math.round(performance.now() - start);
    if (wrong.length === 0) log.info({ ms }, 'the last run was cut off: the store has been checked, and is sound');
    else log.error({ ms, wrong: wrong.slice(0, 10) }, 'the last run was cut off, and the store is damaged');
    found(wrong.length > 0);
    if (wrong.length > 0) alarm(DAMAGED);
  }

  return {
    check() {
      if (!suspect) return checking;
      suspect = false;
      checking = look().catch((err: unknown) => log.error({ err }, 'the store could not be checked'));
      return checking;
    },
    async stop() {
      await checking;
      await store
        .unit([store.running.end()])
        .catch((err: unknown) => log.warn({ err }, 'the end of this run could not be noted'));
    },
  };
}
