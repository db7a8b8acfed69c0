import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** A circuit breaker: what a homeserver has failed at is left alone for a while, longer each time, until it works again. */
export type Breaker = {
  /** Does the work; while that name is left alone, rejects at once with what it has failed with. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
};

type Tripped = { readonly failures: number; readonly until: number; readonly failure: Failure };

/** Names of which it is remembered that they have failed. */
const MOST = 1_000;

/** `min` and `max` are milliseconds for which something is left alone. A refusal that another try would only repeat is an answer like any. */
export function openBreaker(
  clock: Pick<Clock, 'now' | 'uptime'>,
  { min, max }: { readonly min: number; readonly max: number },
): Breaker {
  const tripped = openRecent<Tripped | undefined>(MOST);
  const now = (): number => clock.uptime?.() ?? clock.now();
  return {
    async run(name, work) {
      const before = tripped.get(name);
      if (before && now() < before.until) throw before.failure;
      try {
        const done = await work();
        if (before) tripped.set(name, undefined);
        return done;
      } catch (error) {
        if (error instanceof Failure && error.row.retry) {
          const failures = (before?.failures ?? 0) + 1;
          const pause = Math.min(max, Math.max(min * 2 ** Math.min(failures - 1, 20), error.retryAfter ?? 0));
          tripped.set(name, { failures, until: now() + pause, failure: error });
        } else if (before) tripped.set(name, undefined);
        throw error;
      }
    },
  };
}
