import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContactInput, none, type Subscription, step } from '#src/core/people/contact-state.ts';

const on = (...flags: (keyof Subscription)[]): Subscription => ({
  ...none,
  ...Object.fromEntries(flags.map((flag) => [flag, true])),
});

const rows: [string, Subscription, ContactInput, Subscription, string[]][] = [
  ['a user asks', none, { by: 'user', action: 'subscribe' }, on('pendingIn'), ['ask subscribe']],
  ['a user asks twice', on('pendingIn'), { by: 'user', action: 'subscribe' }, on('pendingIn'), []],
  [
    'the contact grants',
    on('pendingIn'),
    { by: 'contact', action: 'subscribed' },
    on('from'),
    ['tell subscribed', 'presence true'],
  ],
  [
    'who has it asks again',
    on('from'),
    { by: 'user', action: 'subscribe' },
    on('from'),
    ['tell subscribed', 'presence true'],
  ],
  ['the contact denies', on('pendingIn'), { by: 'contact', action: 'unsubscribed' }, none, ['tell unsubscribed']],
  [
    'the contact takes it back',
    on('from'),
    { by: 'contact', action: 'unsubscribed' },
    none,
    ['presence false', 'tell unsubscribed'],
  ],
  [
    'the user lets go',
    on('from', 'to'),
    { by: 'user', action: 'unsubscribe' },
    on('to'),
    ['ask unsubscribe', 'presence false'],
  ],
  ['the contact asks', none, { by: 'contact', action: 'subscribe' }, on('pendingOut'), ['tell subscribe']],
  ['the user grants', on('pendingOut'), { by: 'user', action: 'subscribed' }, on('to'), ['ask subscribed']],
  ['the user grants what nobody asked for', none, { by: 'user', action: 'subscribed' }, none, []],
  ['the user takes it back', on('to'), { by: 'user', action: 'unsubscribed' }, none, ['ask unsubscribed']],
  ['a probe with a subscription', on('from'), { by: 'user', action: 'probe' }, on('from'), ['presence true']],
  ['a probe without one', none, { by: 'user', action: 'probe' }, none, ['tell unsubscribed']],
];

const inputs = fc.constantFrom<ContactInput>(
  ...(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const).flatMap((action): ContactInput[] => [
    { by: 'user', action },
    { by: 'contact', action },
  ]),
);

describe('a subscription', () => {
  it.each(rows)('%s', (_title, before, input, after, effects) => {
    const [state, ...done] = step(before, input);
    expect(state).toEqual(after);
    expect(
      done.map((one) => (one.kind === 'presence' ? `presence ${one.shown}` : `${one.kind} ${one.action}`)),
    ).toEqual(effects);
  });

  it('is never granted and asked for at the same time', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 30 }), (list) => {
        const end = list.reduce((state, input) => step(state, input)[0], none);
        expect(end.from && end.pendingIn).toBe(false);
        expect(end.to && end.pendingOut).toBe(false);
      }),
    );
  });
});
