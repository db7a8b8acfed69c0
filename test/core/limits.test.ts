import { describe, expect, it } from 'vitest';
import { openLimits } from '#src/core/limits.ts';

describe('limits', () => {
  const clock = () => {
    let time = 0;
    return { now: () => time, advance: (ms: number) => (time += ms) };
  };

  it('lets a burst through, refuses what is too fast, and recovers', () => {
    const hand = clock();
    const limits = openLimits(
      { messages: { burst: 2, per_second: 1 }, joins: 'off', contacts: 'off', registrations: 'off' },
      hand,
    );
    limits.spend('messages', 'romeo@a.example');
    limits.spend('messages', 'romeo@a.example');
    expect(() => limits.spend('messages', 'romeo@a.example')).toThrow('too fast');
    limits.spend('messages', 'juliet@a.example');
    hand.advance(1000);
    limits.spend('messages', 'romeo@a.example');
  });

  it('takes no notice of what is off', () => {
    const limits = openLimits({ messages: 'off', joins: 'off', contacts: 'off', registrations: 'off' }, clock());
    for (let n = 0; n < 1000; n++) limits.spend('messages', 'romeo@a.example');
  });
});
