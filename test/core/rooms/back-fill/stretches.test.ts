import { describe, expect, it } from 'vitest';
import { type GaplessStretch, joined, LAST, reachOf } from '#src/core/rooms/back-fill/stretches.ts';
import type { ForeignId } from '#src/model/ids.ts';

const id = (text: string) => text as ForeignId;

describe('stretches of an archive without a gap', () => {
  const now: GaplessStretch = { from: 100, to: LAST };

  it('are joined where they touch, with the ends that the network has named', () => {
    const older = joined([now], { from: 80, to: 99, older: id('a') });
    expect(older).toEqual([{ from: 80, to: LAST, older: 'a', newer: undefined }]);
    const apart = joined(older, { from: 10, to: 20, older: id('b'), newer: id('c') });
    expect(apart).toHaveLength(2);
    expect(joined(apart, { from: 21, to: 79, newer: id('d') })).toEqual([
      { from: 10, to: LAST, older: 'b', newer: undefined },
    ]);
    expect(joined([now], { from: 120, to: 130, older: id('x') })).toEqual([{ from: 100, to: LAST }]);
  });

  it('tell how far a page may go from its end', () => {
    const known = joined([now], { from: 10, to: 20 });
    const back = (high: number, low = 0) => reachOf(known, { low, high, backward: true });
    expect(back(LAST)).toMatchObject({ bound: 100, whole: false });
    expect(back(LAST, 99)).toMatchObject({ whole: true });
    expect(back(50)).toEqual({ bound: 50, whole: false });
    expect(back(21)).toMatchObject({ bound: 10, stretch: { from: 10, to: 20 } });
    const on = (low: number, high = LAST) => reachOf(known, { low, high, backward: false });
    expect(on(0)).toEqual({ bound: 0, whole: false });
    expect(on(9)).toMatchObject({ bound: 20, whole: false });
    expect(on(9, 21)).toMatchObject({ whole: true });
    expect(on(150)).toMatchObject({ whole: true });
    expect(on(30, 31)).toEqual({ bound: 30, whole: true });
  });
});
