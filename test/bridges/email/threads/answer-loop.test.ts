import { describe, expect, it } from 'vitest';
import { answeredBy, type LastAnswer, lastAnswer } from '#bridges/email/threads/answer-loop.ts';

const SECOND = 1000;
const words = (count: number) => 'x'.repeat(count);

/** What becomes of so many rounds between our user and a peer, each with what it takes them to answer in seconds. */
function rounds(
  count: number,
  { theirs, ours, says = (n: number) => `${n}` }: { theirs: number; ours: number; says?: (n: number) => string },
) {
  let last: LastAnswer | undefined;
  let now = 0;
  for (let round = 1; round <= count; round += 1) {
    const sentAt = now;
    now += theirs * SECOND;
    last = lastAnswer(last, { text: says(round), hash: says(round), at: now, sentAt }, 10);
    now += ours * SECOND;
    const next = last && answeredBy(last, { text: words(40), at: now }, 10);
    if (next === 'loop') return round;
    last = next;
  }
  return undefined;
}

describe('two that answer each other', () => {
  it('are programs where both are faster than people for long', () => {
    expect(rounds(1000, { theirs: 4, ours: 1 })).toBe(11);
  });

  it('are programs where the same long text comes twice, though it comes slowly', () => {
    const says = () => 'We have received your message.';
    expect(rounds(1000, { theirs: 100, ours: 1, says })).toBe(2);
    expect(rounds(1000, { theirs: 200, ours: 1, says })).toBeUndefined();
  });

  it('are no programs where one of them takes time, or says little again', () => {
    expect(rounds(1000, { theirs: 4, ours: 8 })).toBeUndefined();
    expect(rounds(1000, { theirs: 60, ours: 1 })).toBeUndefined();
    expect(rounds(10, { theirs: 10, ours: 1, says: () => 'yes' })).toBeUndefined();
  });

  it('begin anew with a mail that answers none of ours', () => {
    expect(
      lastAnswer({ at: 0, hash: 'a', row: 9 }, { text: 'x', hash: 'b', at: 1, sentAt: undefined }, 10),
    ).toBeUndefined();
  });
});
