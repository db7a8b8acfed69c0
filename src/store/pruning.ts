import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Store } from './index.ts';

export type PruningParts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the ids of both sides stay linked, in milliseconds. */
  readonly idsKept: number;
  /** How long is kept what became of journaled messages, in milliseconds. */
  readonly journalKept: number;
  /** Removes files that have expired. */
  pruneMedia?(): Promise<void>;
};

export type Pruning = {
  /** Prunes now. Resolves when nothing old is left, or with the stop. Never rejects. */
  run(): Promise<void>;
  /** No more from now on. Resolves when nothing is under way. */
  stop(): Promise<void>;
};

const HOUR = 3_600_000;
/** Rows that go in one unit: others come in between. */
const CHUNK = 500;

/** Removes by age what nobody needs any more, at the start and every hour. */
export function openPruning({ store, clock, log, idsKept, journalKept, pruneMedia }: PruningParts): Pruning {
  let stopped = false;
  let cancel = (): void => undefined;
  let running: Promise<void> | undefined;

  async function prune(): Promise<void> {
    try {
      const now = clock.now();
      const old = now - journalKept;
      const statements = [
        store.bridgeState.prune(CHUNK),
        store.links.prune(now - idsKept, CHUNK),
        store.journal.presume(old, now, CHUNK),
        store.journal.prune(old, CHUNK),
      ];
      for (const statement of statements) await store.chunks(statement, CHUNK, () => stopped);
      await pruneMedia?.();
    } catch (err) {
      log.error({ err }, 'what is old could not be removed from the store');
    }
    running = undefined;
  }

  const run = (): Promise<void> => (running ??= prune());

  function tick(): void {
    if (stopped) return;
    void run();
    cancel = clock.after(HOUR, tick);
  }

  tick();
  return {
    run,
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
