import { performance } from 'node:perf_hooks';
import { type Clock, systemClock } from '#src/lib/time/clock.ts';

/** Milliseconds between two looks, and the share of them that a quiet main loop is at work at most. */
const LOOK = 3_000;
const QUIET = 0.03;
/** Bytes that must have been allocated since the last time to be worth a pause. */
const WORTH = 8_000_000;

/** What is looked at, and what is done about it. */
export type Tidying = {
  readonly clock: Clock;
  collect(): void;
  /** Bytes of the heap that are taken by what lives and by garbage. */
  used(): number;
  /** The share of the time since the last call in which the main loop was at work, from 0 to 1. */
  load(): number;
};

/**
 * Collects garbage while nothing goes on. V8 does so only when its heap has grown by half, and what many logins at once
 * have left behind would stay for good: a fifth of the memory of a gateway with 1,000 users. The pause is about 1 ms for
 * each MB that is in use. Does nothing unless Node was started with `--expose-gc`, as `bin/isthmus.mjs` does it.
 */
export function startTidying(tidying: Tidying | undefined = ofThisProcess()): Disposable {
  if (!tidying) return { [Symbol.dispose]: () => undefined };
  const { clock, collect, used, load } = tidying;
  let left = 0;
  const look = () => {
    if (load() <= QUIET && used() - left >= WORTH) {
      collect();
      left = used();
      load();
    }
    cancel = clock.after(LOOK, look);
  };
  let cancel = clock.after(LOOK, look);
  return { [Symbol.dispose]: () => cancel() };
}

function ofThisProcess(): Tidying | undefined {
  const { gc } = globalThis;
  let before = performance.eventLoopUtilization();
  return (
    gc && {
      clock: systemClock,
      // The flavour that gives the pages back to the system.
      collect: () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
      used: () => process.memoryUsage().heapUsed,
      load() {
        const now = performance.eventLoopUtilization();
        const { utilization } = performance.eventLoopUtilization(now, before);
        before = now;
        return utilization;
      },
    }
  );
}
