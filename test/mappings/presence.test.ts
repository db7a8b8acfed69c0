import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OFFLINE, type Shown, strongest } from '#mappings/presence.ts';
import type { Show } from '#src/model/event.ts';

const of = (...shown: Shown[]) => strongest(shown.map((presence) => ({ presence })));
const SHOWS: readonly Show[] = ['available', 'chat', 'away', 'xa', 'dnd'];

describe('the presence of a user with several resources', () => {
  it.each<[Show[], Show]>([
    [[], 'offline'],
    [['xa'], 'xa'],
    [['xa', 'away'], 'away'],
    [['away', 'dnd', 'xa'], 'dnd'],
    [['dnd', 'available'], 'available'],
    [['available', 'chat', 'available'], 'chat'],
  ])('%j is %s', (shows, expected) => {
    expect(of(...shows.map((show) => ({ show }))).show).toBe(expected);
  });

  it('has the status of the newest among equals', () => {
    expect(of({ show: 'away', status: 'old' }, { show: 'xa' }, { show: 'away', status: 'new' }).status).toBe('new');
  });

  it('is one of theirs, and the show does not depend on their order', () => {
    const some = fc.array(fc.constantFrom(...SHOWS), { minLength: 1 });
    fc.assert(
      fc.property(some, (shows) => {
        const found = of(...shows.map((show) => ({ show }))).show;
        expect(shows).toContain(found);
        expect(of(...shows.toReversed().map((show) => ({ show }))).show).toBe(found);
        expect(found).not.toBe(OFFLINE.show);
      }),
    );
  });
});
