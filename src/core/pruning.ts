import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Statement, Store } from '#src/store/index.ts';

export type PruningParts = {
  readonly store: Pick<Store, 'unit' | 'bridgeState' | 'links'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the ids of both sides stay linked, in milliseconds. */
  readonly idsKept: number;
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
export function openPruning({ store, clock, log, idsKept, pruneMedia }: PruningParts): Pruning {
  let stopped = false;
  let cancel = (): void => undefined;
  let running: Promise<void> | undefined;

  async function chunks(next: () => Statement): Promise<void> {
    while (!stopped) {
      const [result] = await store.unit([next()]);
      if ((result?.changed ?? 0) < CHUNK) return;
    }
  }

  async function prune(): Promise<void> {
    try {
      await chunks(() => store.bridgeState.prune(CHUNK));
      await chunks(() => store.links.prune(clock.now() - idsKept, CHUNK));
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
