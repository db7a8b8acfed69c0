import { describe, expect, it } from 'vitest';
import { tokenBuckets } from '#src/lib/time/token-bucket.ts';
import { handClock } from '../../hand-clock.ts';

describe('buckets by name', () => {
  const rate = { burst: 1, per_second: 1 };

  it('are a bounded number, and of nobody who is at the limit is forgotten first', () => {
    const clock = handClock();
    const buckets = tokenBuckets(20_000, clock);
    for (let n = 0; n < 20_000; n++) buckets.of(`user${n}`, rate).take(1);
    clock.advance(1000);
    buckets.of('last', rate).take(1);
    buckets.of('one more', rate).take(1);
    expect(buckets.size).toBeLessThanOrEqual(20_000);
    expect(buckets.of('last', rate).take(1)).toBe(0);
  });

  it('are not remembered where there is no limit', () => {
    const buckets = tokenBuckets(10, handClock());
    for (let n = 0; n < 1000; n++) expect(buckets.of('romeo', 'off').take(1)).toBe(1);
    expect(buckets.size).toBe(0);
  });
});
