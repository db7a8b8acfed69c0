import type { Clock } from './clock.ts';

/** How fast something may go: `burst` at once, then `per_second`, as the config says it; or without a limit. */
export type Rate = 'off' | { readonly burst: number; readonly per_second: number };

export type TokenBucket = {
  /** Takes up to `wanted` tokens, of those beyond `spare`; returns how many there were. */
  take(wanted: number, spare?: number): number;
  /** Milliseconds until there is a token beyond `spare`. */
  wait(spare?: number): number;
  /** Whether nothing was taken for so long that the bucket is as good as new. */
  readonly full: boolean;
};

/** Shared by all that have no limit. */
const UNLIMITED: TokenBucket = { take: (wanted) => wanted, wait: () => 0, full: true };

/** A full bucket. A clock that goes back only costs the time that it went back. */
export const tokenBucket = (rate: Rate, clock: Pick<Clock, 'now'>): TokenBucket =>
  rate === 'off' ? UNLIMITED : new Bucket(rate, clock);

/** Buckets by name in memory, at most `most` at a time: those that have refilled are forgotten, and else the oldest. */
export function tokenBuckets(most: number, clock: Pick<Clock, 'now'>) {
  const buckets = new Map<string, TokenBucket>();

  function sweep(): void {
    for (const [name, bucket] of buckets) if (bucket.full) buckets.delete(name);
    const [oldest] = buckets.keys();
    if (buckets.size >= most && oldest !== undefined) buckets.delete(oldest);
  }

  return {
    /** The bucket of that name, a full one where it is new. */
    of(name: string, rate: Rate): TokenBucket {
      if (rate === 'off') return UNLIMITED;
      const known = buckets.get(name);
      if (known) return known;
      if (buckets.size >= most) sweep();
      const fresh = tokenBucket(rate, clock);
      buckets.set(name, fresh);
      return fresh;
    },
    get size() {
      return buckets.size;
    },
  };
}

// A class because there is one for each account and each connection.
class Bucket implements TokenBucket {
  readonly #rate: Exclude<Rate, 'off'>;
  readonly #clock: Pick<Clock, 'now'>;
  #tokens: number;
  #at: number;

  constructor(rate: Exclude<Rate, 'off'>, clock: Pick<Clock, 'now'>) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#at = clock.now();
  }

  take(wanted: number, spare = 0): number {
    this.#refill();
    // The tolerance is for sums of fractions that ought to be one.
    const taken = Math.min(wanted, Math.max(Math.floor(this.#tokens - spare + 1e-6), 0));
    this.#tokens -= taken;
    return taken;
  }

  wait(spare = 0): number {
    return Math.max(Math.ceil(((1 + spare - this.#tokens) / this.#rate.per_second) * 1000), 1);
  }

  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#rate.burst;
  }

  #refill(): void {
    const now = this.#clock.now();
    const { burst, per_second } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(now - this.#at, 0) / 1000) * per_second);
    this.#at = now;
  }
}
