import { describe, expect, it } from 'vitest';
import { lanes } from '#src/lib/lanes.ts';

const gate = (): { promise: Promise<void>; open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
};

describe('lanes', () => {
  it('does synchronous work in an idle lane at once', () => {
    const done: string[] = [];
    lanes(() => undefined).run('a', () => void done.push('a'));
    expect(done).toEqual(['a']);
  });

  it('keeps the order within a lane and lets other lanes pass', async () => {
    const done: string[] = [];
    const work = lanes(() => undefined);
    const first = gate();
    work.run('a', async () => {
      await first.promise;
      done.push('a1');
    });
    work.run('a', () => void done.push('a2'));
    work.run('b', () => void done.push('b1'));
    expect(done).toEqual(['b1']);
    first.open();
    await work.idle();
    expect(done).toEqual(['b1', 'a1', 'a2']);
    expect(work.size).toBe(0);
  });

  it('tells of the end of work that is not over at once, and that it failed', async () => {
    const work = lanes(() => undefined);
    const done: string[] = [];
    expect(work.within('a', () => void done.push('a1'))).toBeUndefined();
    const end = Promise.withResolvers<void>();
    const first = work.within('a', () => end.promise);
    const second = work.within('a', () => Promise.reject(new Error('two')));
    end.resolve();
    await first;
    await expect(second).rejects.toThrow('two');
    await expect(
      work.within('a', () => {
        throw new Error('three');
      }),
    ).rejects.toThrow('three');
    expect(done).toEqual(['a1']);
  });

  it('goes on after work that failed, and tells of it', async () => {
    const errors: unknown[] = [];
    const done: string[] = [];
    const work = lanes((error) => errors.push(error));
    work.run('a', () => Promise.reject(new Error('one')));
    work.run('a', () => {
      throw new Error('two');
    });
    work.run('a', () => void done.push('three'));
    await work.idle();
    expect(errors.map(String)).toEqual(['Error: one', 'Error: two']);
    expect(done).toEqual(['three']);
  });

  it('tells who waits how it ended, and nothing of what was done at once', async () => {
    const work = lanes((error) => {
      throw error;
    });
    expect(work.within('a', () => undefined)).toBeUndefined();
    const first = Promise.withResolvers<void>();
    const done: string[] = [];
    const [one, two, three] = [
      work.within('a', () => first.promise),
      work.within('a', () => void done.push('two')),
      work.within('a', () => {
        throw new Error('three');
      }),
    ];
    expect(done).toEqual([]);
    first.resolve();
    await Promise.all([one, two]);
    expect(done).toEqual(['two']);
    await expect(three).rejects.toThrow('three');
    await expect(work.within('a', () => Promise.reject(new Error('four')))).rejects.toThrow('four');
  });
});
