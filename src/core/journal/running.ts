import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Store } from '#src/store/index.ts';

/** Time for which the gateway has run, in ms: deadlines go by it, so that nothing expires while it is stopped. */
export type RunningTime = ReturnType<typeof openRunningTime>;

/** Ms between two notes: a kill takes as much from what has passed. */
const EVERY = 5_000;

/** Goes on from where the last run has ended: at once, for what is accepted before anything else is looked up has its time, too. */
export function openRunningTime(store: Pick<Store, 'journal' | 'unit'>, clock: Clock, log: Log) {
  const uptime = (): number => clock.uptime?.() ?? clock.now();
  const since = uptime();
  const base = store.journal.ran;
  let started = false;
  let cancel = (): void => undefined;
  const now = (): number => Math.round(base + (uptime() - since));

  const note = (): Promise<void> =>
    store.unit([store.journal.noteTime(now())]).then(
      () => undefined,
      (err: unknown) => log.warn({ err }, 'the running time could not be noted'),
    );

  function tick(): void {
    cancel = clock.after(EVERY, () => {
      void note();
      tick();
    });
  }

  return {
    /** From now on it is noted. */
    start(): void {
      if (started) return;
      started = true;
      tick();
    },
    now,
    /** Notes the time for the last time. Never rejects. */
    async stop(): Promise<void> {
      cancel();
      if (started) await note();
    },
  };
}
