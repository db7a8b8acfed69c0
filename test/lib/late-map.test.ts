import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LateMap } from '#src/lib/late-map.ts';

it('holds what a map holds, in its order', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'clear'), fc.constantFrom('a', 'b', 'c'), fc.nat());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const [late, map] = [new LateMap<string, number>(), new Map<string, number>()];
      for (const [what, key, value] of steps) {
        if (what === 'set') map.set(key, late.set(key, value).get(key) ?? -1);
        else if (what === 'delete') expect(late.delete(key)).toBe(map.delete(key));
        else [late, map].forEach((one) => void one.clear());
        expect([...late]).toEqual([...map]);
        expect([[...late.keys()], [...late.values()], late.size]).toEqual([
          [...map.keys()],
          [...map.values()],
          map.size,
        ]);
        expect([late.has(key), late.get(key)]).toEqual([map.has(key), map.get(key)]);
      }
    }),
  );
});

it('ends for whoever goes through it when it is cleared', () => {
  const late = new LateMap<number, number>();
  for (const one of [1, 2, 3]) late.set(one, one);
  const seen: number[] = [];
  for (const [one] of late) {
    seen.push(one);
    late.clear();
  }
  expect(seen).toEqual([1]);
});
