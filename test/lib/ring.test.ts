import { expect, it } from 'vitest';
import { Ring } from '#src/lib/ring.ts';

it('remembers the last values, and finds the newest that fits', () => {
  const ring = new Ring<number>(3);
  expect(ring.find(() => true)).toBeUndefined();
  for (const value of [1, 2, 3, 4, 5]) ring.add(value);
  expect(ring.find(() => true)).toBe(5);
  expect(ring.find((value) => value < 5)).toBe(4);
  expect(ring.find((value) => value < 3)).toBeUndefined();
});

it('puts another value in the place of one', () => {
  const ring = new Ring<number>(3);
  for (const value of [1, 2, 3, 4]) ring.add(value);
  ring.replace((value) => value === 3, 30);
  ring.replace((value) => value === 1, 10);
  expect([2, 30, 4, 10].map((one) => ring.find((value) => value === one))).toEqual([2, 30, 4, undefined]);
});
