import { expect, it } from 'vitest';
import { openFirstTries } from '#src/core/journal/first-tries.ts';
import type { EventId } from '#src/model/ids.ts';
import type { NewRow } from '#src/store/index.ts';

const row = (id: number): NewRow => ({
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
});

const states = (rows: readonly NewRow[]) => rows.map(({ state, attempts }) => `${state} ${attempts}`);

it('promises no more places in the window than there are, with those that are under way', () => {
  const { mark } = openFirstTries({ busy: () => 1 });
  expect(states([1, 2, 3, 4].map((id) => mark(row(id), 3)))).toEqual(['flight 1', 'flight 1', 'ready 0', 'ready 0']);
});

it('lets nothing go at once while somebody before it has to wait for their turn', () => {
  const { mark, added } = openFirstTries({ busy: () => 0 });
  const [first, second] = [mark(row(1), 1), mark(row(2), 1)];
  added(first);
  expect(mark(row(3), 1).state).toBe('ready');
  added(second);
  expect(mark(row(4), 1).state).toBe('ready');
});

it('begins anew when all that was being added is added', () => {
  const { mark, added } = openFirstTries({ busy: () => 0 });
  for (const one of [mark(row(1), 1), mark(row(2), 1)]) added(one);
  expect(mark(row(3), 1).state).toBe('flight');
});

it('leaves rows alone in a lane that waits, or that nobody takes anything from', () => {
  expect(openFirstTries({ busy: () => undefined }).mark(row(1), 5).state).toBe('ready');
  expect(openFirstTries({ busy: () => 0 }).mark(row(1), 0).state).toBe('ready');
});
