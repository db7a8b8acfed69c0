import { describe, expect, it } from 'vitest';
import { readOptions } from '../bench/options.ts';
import { compare, intervalOf } from '../bench/pairs.ts';
import type { Cell } from '../bench/results.ts';
import { Turns } from '../bench/turns.ts';

const cell = (target: string, round: number, cpu: number): Cell => ({
  scenario: 'to-irc',
  target,
  round,
  figures: { cpu, rate: 1000 / cpu, load: 0.5 },
});

const ratios = [1.2, 1.1, 1.3, 1.15, 1.25, 1.4, 1.12];
const pairs = ratios.flatMap((ratio, round) => [cell('new', round, 2 * ratio), cell('old', round, 2)]);

describe('two targets in pairs', () => {
  it('are compared by the median of the ratios, round by round', () => {
    const [cpu, rate, none] = compare(pairs, 'to-irc', ['new', 'old']);
    expect(cpu).toMatchObject({ figure: 'cpu', second: 2, interval: [1.1, 1.4], pairs: 7, worse: true });
    expect(cpu?.ratio).toBeCloseTo(1.2);
    // Fewer a second is worse.
    expect(rate).toMatchObject({ figure: 'rate', worse: true });
    expect(rate?.ratio).toBeCloseTo(1.2);
    expect(none).toBeUndefined();
  });

  it('are equal where the interval holds 1, or the median is at most 5 % more', () => {
    const wide = [...pairs, cell('new', 7, 1.5), cell('old', 7, 2)];
    const narrow = ratios.flatMap((_, round) => [cell('new', round, 2.09), cell('old', round, 2)]);
    expect(compare(wide, 'to-irc', ['new', 'old'])[0]).toMatchObject({ pairs: 8, worse: false });
    expect(compare(narrow, 'to-irc', ['new', 'old'])[0]).toMatchObject({ worse: false });
  });

  it('leave out a round in which one of them has failed', () => {
    const failed: Cell = { scenario: 'to-irc', target: 'old', round: 0, failure: 'lost' };
    expect(compare([failed, ...pairs.slice(2), ...pairs.slice(0, 1)], 'to-irc', ['new', 'old'])[0]?.pairs).toBe(6);
  });

  // The probabilities are those of the binomial distribution.
  it.each([
    [5, [0, 4], 0.9375],
    [6, [0, 5], 0.96875],
    [7, [0, 6], 0.984375],
    [9, [1, 7], 0.9609375],
    [12, [2, 9], 0.96142578125],
    [20, [5, 14], 0.9586105346679688],
  ])('have the interval of the sign test: %i', (count, interval, confidence) => {
    const sorted = Array.from({ length: count }, (_, index) => index);
    expect(intervalOf(sorted)).toEqual({ interval, confidence: expect.closeTo(confidence, 8) });
  });
});

it('are measured in turns', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const play = async (name: string): Promise<void> => {
    await turns.take();
    for (const part of [1, 2]) {
      order.push(`${name}${part}`);
      turns.give();
      await turns.take();
    }
    turns.give();
  };
  await Promise.all([play('a'), play('b')]);
  expect(order).toEqual(['a1', 'b1', 'a2', 'b2']);
});

describe('the options of the bench', () => {
  it('compare a commit in seven pairs, and only two targets', () => {
    const options = readOptions(['--target', 'isthmus', '--target', 'isthmus:HEAD']);
    expect(options).toMatchObject({ rounds: 7, pairs: true });
    expect(options.targets.map(({ name }) => name)).toEqual(['isthmus', 'isthmus:HEAD']);
    expect(() => readOptions(['--pairs', '7', '--target', 'isthmus'])).toThrow('name both');
  });

  it('name what there is not', () => {
    expect(() => readOptions(['--target', 'nobody'])).toThrow('no target is called nobody');
  });
});
