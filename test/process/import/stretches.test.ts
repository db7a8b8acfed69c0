import { expect, it } from 'vitest';
import type { AccountKey } from '#src/model/ids.ts';
import { stretchesOf } from '#src/process/import/stretches.ts';

const [a, b] = ['a irc', 'b irc'] as AccountKey[] as [AccountKey, AccountKey];
const row = (id: number, ...seers: AccountKey[]) => ({ id, place: 'p', seers: new Set(seers) });

it('makes one stretch of what follows each other, and none over what somebody may not see', () => {
  expect(stretchesOf([row(3, b), row(1, a, b), row(2, a), row(4, b), row(5), row(6, b)])).toEqual([
    { place: 'p', account: b, from: 1, to: 1 },
    { place: 'p', account: a, from: 1, to: 2 },
    { place: 'p', account: b, from: 3, to: 4 },
    { place: 'p', account: b, from: 6, to: 6 },
  ]);
});
