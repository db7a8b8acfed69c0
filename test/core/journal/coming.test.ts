import { expect, it } from 'vitest';
import { openComing } from '#src/core/journal/coming.ts';
import { type FreshRow, type Lane, newLane, type OwedRow } from '#src/core/journal/rows.ts';
import type { EventId } from '#src/model/ids.ts';

const row = (id: number): FreshRow => ({
  id,
  event: `j-${id}` as EventId,
  lane: 'out somewhere',
  account: 'a',
  key: null,
  body: '{}',
  origin: null,
  state: 'ready',
  attempts: 0,
  notBefore: 0,
  expires: 1,
  at: 1,
  charges: null,
  owed: undefined as never,
});
const busy = { busy: true } as OwedRow;

const states = (rows: readonly FreshRow[]) => rows.map(({ state, attempts }) => `${state} ${attempts}`);
const open = (free: number, more: Partial<Lane> = {}) => {
  const lane: Lane = { ...newLane('out somewhere'), ...more };
  return openComing({ lane: () => lane, look: () => lane, free: () => free });
};

it('promises no more places in the window than there are, with those that are under way', () => {
  const { begin } = open(3, { rows: [busy] });
  expect(states([1, 2, 3, 4].map((id) => begin(row(id))))).toEqual(['flight 1', 'flight 1', 'ready 0', 'ready 0']);
});

it('lets nothing go at once while somebody before it has to wait for their turn', () => {
  const { begin, end } = open(1);
  const [first, second] = [begin(row(1)), begin(row(2))];
  end(first);
  expect(begin(row(3)).state).toBe('ready');
  end(second);
  expect(begin(row(4)).state).toBe('ready');
});

it('begins anew when all that was being added is added', () => {
  const { begin, end } = open(1);
  for (const one of [begin(row(1)), begin(row(2))]) end(one);
  expect(begin(row(3)).state).toBe('flight');
});

it('leaves rows alone that are held back, in a lane that waits, or that nobody takes anything from', () => {
  expect(open(5).begin({ ...row(1), notBefore: 1 }).state).toBe('ready');
  expect(open(5, { more: true }).begin(row(1)).state).toBe('ready');
  expect(open(5, { rows: [{ busy: false } as OwedRow] }).begin(row(1)).state).toBe('ready');
  expect(open(0).begin(row(1)).state).toBe('ready');
});
