import type { ContactEffect, ContactInput, SubscriptionAction } from './contact-state.ts';

/**
 * What a network that keeps subscriptions itself has not confirmed to have heard of one. A request is not among it: it
 * is told with every session anyway.
 */
export type Unconfirmed = Exclude<SubscriptionAction, 'subscribe'>;

/** RFC 6121 appendix A: the two directions of a subscription, each with what begins and what ends it. */
const WATCHING: readonly SubscriptionAction[] = ['subscribe', 'unsubscribe'];
const SHOWING: readonly SubscriptionAction[] = ['subscribed', 'unsubscribed'];

/** What the network is owed after a step: of each direction only the last word counts. Pure. */
export function owing(
  before: readonly Unconfirmed[],
  { by, action }: ContactInput,
  effects: readonly ContactEffect[],
): readonly Unconfirmed[] {
  // The contact has ended it from its side: there is nothing left to be said of that direction.
  const over = by === 'contact' && action === 'unsubscribe' ? SHOWING : [];
  const left = by === 'contact' && action === 'unsubscribed' ? WATCHING : over;
  return effects.reduce<readonly Unconfirmed[]>(
    (owed, effect) => (effect.kind === 'ask' ? said(owed, effect.action) : owed),
    before.filter((one) => !left.includes(one)),
  );
}

function said(owed: readonly Unconfirmed[], action: SubscriptionAction): readonly Unconfirmed[] {
  const direction = WATCHING.includes(action) ? WATCHING : SHOWING;
  const others = owed.filter((one) => !direction.includes(one));
  return action === 'subscribe' ? others : [...others, action];
}

export const sameOwed = (a: readonly Unconfirmed[], b: readonly Unconfirmed[]): boolean => a.join() === b.join();
