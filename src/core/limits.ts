import type { Clock } from '#src/lib/time/clock.ts';
import { type Rate, tokenBuckets } from '#src/lib/time/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';

/** What users are limited in, each by a rate of its own. */
export type LimitName = 'messages' | 'joins' | 'contacts' | 'registrations';

export type Limits = {
  /** Takes one token of whoever it is. Throws `Failure('too-fast')` when there is none. */
  spend(name: LimitName, who: string): void;
};

/** Buckets are remembered for at most so many at a time (SECURITY rule 11: bounded maps everywhere). */
const MOST = 20_000;

/** Token buckets in memory, per limit and person. */
export function openLimits(rates: Readonly<Record<LimitName, Rate>>, clock: Pick<Clock, 'now'>): Limits {
  const buckets = tokenBuckets(MOST, clock);
  return {
    spend(name, who) {
      const rate = rates[name];
      if (rate !== 'off' && buckets.of(`${name} ${who}`, rate).take(1) === 0) throw new Failure('too-fast');
    },
  };
}
