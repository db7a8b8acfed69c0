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

/** A full bucket. A clock that goes back only costs the time that it went back. */
export function tokenBucket(rate: Rate, clock: Pick<Clock, 'now'>): TokenBucket {
  if (rate === 'off') return { take: (wanted) => wanted, wait: () => 0, full: true };
  const { burst, per_second } = rate;
  let tokens = burst;
  let at = clock.now();

  function refill(): void {
    const now = clock.now();
    tokens = Math.min(burst, tokens + (Math.max(now - at, 0) / 1000) * per_second);
    at = now;
  }

  return {
    take(wanted, spare = 0) {
      refill();
      // The tolerance is for sums of fractions that ought to be one.
      const taken = Math.min(wanted, Math.max(Math.floor(tokens - spare + 1e-6), 0));
      tokens -= taken;
      return taken;
    },
    wait: (spare = 0) => Math.max(Math.ceil(((1 + spare - tokens) / per_second) * 1000), 1),
    get full() {
      refill();
      return tokens >= burst;
    },
  };
}
