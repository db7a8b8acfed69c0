import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openFold } from '#src/lib/fold.ts';
import { handClock } from '../hand-clock.ts';

const WINDOW = 30;

/** A fold of words, what it has told and when, and what it has saved. */
function world(window = WINDOW) {
  const clock = handClock();
  const begin = clock.now();
  const told: { name: string; word: string; at: number }[] = [];
  const saved: string[] = [];
  const fold = openFold<{ name: string; word: string }>({
    clock,
    window,
    tell: (change) => told.push({ ...change, at: clock.now() - begin }),
    needless: (change, before) => change.word === before.word,
    saved: ({ word }) => saved.push(word),
  });
  const pass = (name: string, word: string): void => fold.pass(name, { name, word });
  return { clock, fold, told, saved, pass };
}

describe('a fold', () => {
  it('tells the first change at once, and the last of those that follow at the end of the window', () => {
    const { clock, told, saved, pass, fold } = world();
    for (const word of ['away', 'back', 'dnd']) pass('romeo', word);
    pass('juliet', 'away');
    clock.advance(WINDOW);
    expect(told.map(({ name, word, at }) => `${name} ${word} ${at}`)).toEqual([
      'romeo away 0',
      'juliet away 0',
      'romeo dnd 30',
    ]);
    expect(saved).toEqual(['back']);
    clock.advance(WINDOW);
    expect(fold.size).toBe(0);
  });

  it('says nothing of what was taken back in time', () => {
    const { clock, told, saved, pass, fold } = world();
    for (const word of ['away', 'back', 'away']) pass('romeo', word);
    clock.advance(WINDOW);
    expect([told.length, saved, fold.size]).toEqual([1, ['back', 'away'], 0]);
  });

  it('tells what waits when it is asked to, and the next at once; or forgets it', () => {
    const { clock, told, pass, fold } = world();
    for (const word of ['away', 'back']) pass('romeo', word);
    expect(fold.waits('romeo')).toBe(true);
    fold.flush('romeo');
    pass('romeo', 'dnd');
    pass('romeo', 'gone');
    fold.forget('romeo');
    clock.advance(WINDOW);
    expect(told.map(({ word }) => word)).toEqual(['away', 'back', 'dnd']);
  });

  it('tells everything where it has no window', () => {
    const { told, pass, fold } = world(0);
    for (const word of ['away', 'back', 'away']) pass('romeo', word);
    expect([told.length, fold.size]).toEqual([3, 0]);
  });

  it('never tells one name twice within a window, and always the last word of it', () => {
    const change = fc.record({ name: fc.constantFrom('a', 'b', 'c'), word: fc.nat(3), wait: fc.nat(2 * WINDOW) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const { clock, told, saved, pass, fold } = world();
        for (const { name, word, wait } of changes) {
          pass(name, `${word}`);
          clock.advance(wait);
        }
        clock.advance(2 * WINDOW);
        for (const name of ['a', 'b', 'c']) {
          const mine = told.filter((one) => one.name === name);
          const last = changes.findLast((one) => one.name === name);
          expect(mine.at(-1)?.word).toBe(last && `${last.word}`);
          for (const [index, { at }] of mine.entries())
            expect(at - (mine[index - 1]?.at ?? -WINDOW)).toBeGreaterThanOrEqual(WINDOW);
        }
        expect([told.length + saved.length, fold.size]).toEqual([changes.length, 0]);
      }),
    );
  });
});
