import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addresses, senderAddress } from '#bridges/sms/addresses.ts';
import {
  advance,
  type MessageState,
  noMessageState,
  type StatusUpdate,
  statusWords,
} from '#bridges/sms/provider/statuses.ts';
import { isGsm, segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import type { Outcome } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';

const news = fc.array(fc.record({ sid: fc.constant('SM1'), status: fc.constantFrom(...statusWords) }));

function tell(all: readonly StatusUpdate[]): { messageState: MessageState; outcomes: Outcome[] } {
  let messageState = noMessageState;
  const outcomes: Outcome[] = [];
  for (const one of all) {
    const told = advance(messageState, one);
    expect(told.messageState.rank).toBeGreaterThanOrEqual(messageState.rank);
    messageState = told.messageState;
    outcomes.push(...told.outcomes);
  }
  return { messageState, outcomes };
}

it('whatever order statuses come in, a message is taken once and ends once', () => {
  fc.assert(
    fc.property(news, (all) => {
      const states = tell(all).outcomes.map((one) => (one instanceof Failure ? 'failed' : one.state));
      expect([[], ['taken'], ['taken', 'delivered'], ['taken', 'failed'], ['failed']]).toContainEqual(states);
    }),
  );
});

it('a second copy of every status, anywhere later, changes nothing', () => {
  fc.assert(
    fc.property(news, fc.nat(), (all, at) => {
      const cut = at % (all.length + 1);
      const doubled = [...all.slice(0, cut), ...all.slice(0, cut), ...all.slice(cut)];
      expect(tell(doubled)).toEqual(tell(all));
    }),
  );
});

it('where nothing failed, the order of statuses does not matter in the end', () => {
  const good = fc.constantFrom<(typeof statusWords)[number][]>(
    ['queued', 'sent', 'delivered'],
    ['accepted', 'sending', 'sent', 'delivered', 'read'],
  );
  const shuffled = good.chain((words) => fc.shuffledSubarray(words, { minLength: words.length }));
  fc.assert(
    fc.property(shuffled, (words) => {
      const { outcomes } = tell(words.map((status) => ({ sid: 'SM1', status })));
      expect(outcomes).toMatchObject([{ state: 'taken' }, { state: 'delivered' }]);
    }),
  );
});

it('another message under the same reference changes nothing', () => {
  fc.assert(
    fc.property(news, news, (ours, others) => {
      const first: StatusUpdate = { sid: 'SM1', status: 'queued' };
      const strange = others.map((one) => ({ ...one, sid: 'SM2' }));
      expect(tell([first, ...ours, ...strange])).toEqual(tell([first, ...ours]));
    }),
  );
});

it('smart encoding never makes a text longer in segments, and changes nothing without need', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '’', '“', '…', '–', ' ', '\u00a0', '€', '👍', 'é', 'λ') });
  fc.assert(
    fc.property(text, (one) => {
      const plain = smartEncode(one);
      expect(segmentsOf(plain)).toBeLessThanOrEqual(segmentsOf(one));
      expect(plain === one || isGsm(plain)).toBe(true);
      expect(smartEncode(plain)).toBe(plain);
    }),
  );
});

it('two senders share an address only if they differ in case, and each address is read back', () => {
  const sender = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('+', '1', '7', '~', '=', '%', 'a', 'U', ' '), maxLength: 30 }),
  );
  fc.assert(
    fc.property(sender, sender, (one, other) => {
      const [a, b] = [senderAddress(one, 'US'), senderAddress(other, 'US')];
      if (!/^\d+%/.test(a)) expect(addresses.format(addresses.parse(a))).toBe(a);
      if (a !== b) return;
      expect(one.toWellFormed().toLowerCase()).toBe(other.toWellFormed().toLowerCase());
    }),
    { numRuns: 1000 },
  );
});
