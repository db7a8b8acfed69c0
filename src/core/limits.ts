import type { Clock } from '#src/lib/clock.ts';
import { type Rate, type TokenBucket, tokenBucket } from '#src/lib/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';

/** What users are limited in, each by a rate of its own. */
export type LimitName = 'messages' | 'joins' | 'contacts' | 'registrations';

export type Limits = {
  /** Takes one token of whoever it is. Throws `Failure('too-fast')` when there is none. */
  spend(name: LimitName, who: string): void;
  /** How many are remembered. */
  readonly size: number;
};

/** Buckets are remembered for at most so many at a time (SECURITY rule 11: bounded maps everywhere). */
const MOST = 20_000;

/** Token buckets in memory, per limit and person. A bucket that has refilled is forgotten. */
export function openLimits(rates: Readonly<Record<LimitName, Rate>>, clock: Pick<Clock, 'now'>): Limits {
  const buckets = new Map<string, TokenBucket>();

  function bucketOf(name: LimitName, who: string): TokenBucket {
    const key = `${name} ${who}`;
    const known = buckets.get(key);
    if (known) return known;
    if (buckets.size >= MOST) sweep();
    const fresh = tokenBucket(rates[name], clock);
    buckets.set(key, fresh);
    return fresh;
  }

  /** Forgets all that are full; if none is, the oldest. */
  function sweep(): void {
    for (const [key, bucket] of buckets) if (bucket.full) buckets.delete(key);
    const [oldest] = buckets.keys();
    if (buckets.size >= MOST && oldest !== undefined) buckets.delete(oldest);
  }

  return {
    spend(name, who) {
      if (rates[name] === 'off') return;
      if (bucketOf(name, who).take(1) === 0) throw new Failure('too-fast');
    },
    get size() {
      return buckets.size;
    },
  };
}
