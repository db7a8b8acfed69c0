import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limitTime } from '#src/lib/time/time-limit.ts';
import { handClock } from '../../hand-clock.ts';

it('gives each wait a part of what is left, so that all together keep the limit', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1000, max: 3_600_000 }),
      fc.array(fc.boolean(), { maxLength: 12 }),
      async (ms, hangs) => {
        const clock = handClock();
        const began = clock.now();
        const late: string[] = [];
        const wait = limitTime(clock, ms, (what) => late.push(what));
        for (const [index, hang] of hangs.entries()) {
          const left = ms - (clock.now() - began);
          const ended = wait(`${index}`, hang ? new Promise(() => undefined) : Promise.resolve());
          if (hang) clock.advance(left * 0.4 + 0.01);
          expect(await ended).toBe(!hang);
        }
        expect(late).toEqual(hangs.flatMap((hang, index) => (hang ? `${index}` : [])));
        expect(clock.now() - began).toBeLessThan(ms);
      },
    ),
  ));

it('fails as the work does', async () => {
  const wait = limitTime(handClock(), 1000, () => undefined);
  await expect(wait('it', Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
