import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DayStep, playDay, usualDay } from '../core/people/day.ts';
import { tempFolder } from '../store/folder.ts';

const USERS = 2;
const CONTACTS = 6;
const user = fc.nat(USERS - 1);
const client = fc.nat(2);
const show = fc.constantFrom('available', 'away', 'xa', 'dnd', 'chat', 'offline' as const);
const step: fc.Arbitrary<DayStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('contact' as const), user, contact: fc.nat(CONTACTS - 1), show }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('login' as const, 'logout' as const), user, client }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 5000, 20_000, 31_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'quiet' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
);

it('whatever happens, at every quiet point each client sees what is so, and after a stop nobody', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      using dir = tempFolder();
      await playDay(steps, {
        ...{ file: dir.file('s.db'), users: USERS, contacts: CONTACTS },
        check: (seen, truth) => expect(new Map([...seen].sort())).toEqual(new Map([...truth].sort())),
      });
    }),
    { numRuns: 15 },
  ));

it('a day with 200 contacts, 3 clients, a netsplit and a restart costs two fifths at most of what each change would', async () => {
  using dir = tempFolder();
  const cost = await playDay(usualDay(), {
    ...{ file: dir.file('s.db'), users: 1, contacts: 200 },
    check: (seen, truth) => expect(new Map([...seen].sort())).toEqual(new Map([...truth].sort())),
  });
  expect(cost.stanzas / cost.naiveStanzas).toBeLessThan(0.4);
  expect(cost.bytes / cost.naiveBytes).toBeLessThan(0.4);
});

it('10,000 contacts that flap twice a second cost a stanza each when it begins and one at its end', async () => {
  using dir = tempFolder();
  const [users, contacts, rounds] = [50, 200, 20];
  const steps: DayStep[] = Array.from({ length: users }, (_, one) => ({ kind: 'login', user: one, client: 0 }));
  steps.push({ kind: 'quiet' });
  for (let round = 0; round < rounds; round++) {
    for (let one = 0; one < users; one++)
      for (let contact = 0; contact < contacts; contact++)
        steps.push({ kind: 'contact', user: one, contact, show: round % 2 === 0 ? 'available' : 'away' });
    steps.push({ kind: 'pass', ms: 500 });
  }
  const cost = await playDay(steps, { file: dir.file('s.db'), users, contacts, check: () => undefined });
  expect(cost.stanzas).toBe(2 * users * contacts);
  // What the network tells as a session begins, that they are offline, is no news either.
  expect(cost.folded).toBe((rounds - 1) * users * contacts);
});
