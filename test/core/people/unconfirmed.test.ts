import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContactInput, none, type Subscription, step } from '#src/core/people/contact-state.ts';
import { owing, type Unconfirmed } from '#src/core/people/unconfirmed.ts';

/** What is owed after some inputs, and how the subscription stands. */
function outcome(...inputs: ContactInput[]): { owed: readonly Unconfirmed[]; now: Subscription } {
  let [owed, now]: [readonly Unconfirmed[], Subscription] = [[], none];
  for (const input of inputs) {
    const [next, ...effects] = step(now, input);
    owed = owing(owed, input, effects);
    now = next;
  }
  return { owed, now };
}

const user = (action: ContactInput['action'] | 'probe') => ({ by: 'user', action }) as ContactInput;
const contact = (action: ContactInput['action']) => ({ by: 'contact', action }) as ContactInput;

describe('what a network is owed of a subscription', () => {
  it.each<[readonly Unconfirmed[], ContactInput[]]>([
    [[], [user('subscribe')]],
    [['unsubscribe'], [user('subscribe'), contact('subscribed'), user('unsubscribe')]],
    [[], [user('subscribe'), contact('subscribed'), user('unsubscribe'), user('subscribe')]],
    [['subscribed'], [contact('subscribe'), user('subscribed')]],
    [['unsubscribed'], [contact('subscribe'), user('subscribed'), user('unsubscribed')]],
    // The contact no longer wants what was granted.
    [[], [contact('subscribe'), user('subscribed'), contact('unsubscribe')]],
    [
      ['unsubscribe', 'unsubscribed'],
      [user('subscribe'), contact('subscribe'), user('unsubscribe'), user('unsubscribed')],
    ],
  ])('is %j', (owed, inputs) => {
    expect(outcome(...inputs).owed).toEqual(owed);
  });

  it('is never both of a direction, nor what no longer holds', () => {
    const action = fc.constantFrom('subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe');
    const input = fc
      .tuple(fc.constantFrom('user', 'contact'), action)
      .map(([by, what]) => (by === 'user' || what === 'probe' ? user(what as 'probe') : contact(what as 'subscribe')));
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
        const { owed, now } = outcome(...inputs);
        expect(new Set(owed).size).toBe(owed.length);
        expect(owed.includes('subscribed') && owed.includes('unsubscribed')).toBe(false);
        if (owed.includes('subscribed')) expect(now.to).toBe(true);
        if (owed.includes('unsubscribe')) expect(now.from || now.pendingIn).toBe(false);
      }),
    );
  });
});
