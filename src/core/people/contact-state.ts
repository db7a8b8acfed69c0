/**
 * A subscription between a contact and a user, as RFC 6121 §A.1 has it, kept by us for the contact's side: `to` means
 * that the contact sees the user's presence, `from` that the user sees the contact's.
 */
export type Subscription = {
  readonly to: boolean;
  readonly from: boolean;
  readonly pendingOut: boolean;
  readonly pendingIn: boolean;
};

export const none: Subscription = { to: false, from: false, pendingOut: false, pendingIn: false };

/** The same from the other side: that is how the store has it, in the user's view. */
export const mirrored = ({ to, from, pendingOut, pendingIn }: Subscription): Subscription => ({
  to: from,
  from: to,
  pendingOut: pendingIn,
  pendingIn: pendingOut,
});

/** Whether nothing is left of a subscription. */
export const isNobody = ({ from, to, pendingIn, pendingOut }: Subscription): boolean =>
  !from && !to && !pendingIn && !pendingOut;

/** What either side says of it. */
export type SubscriptionAction = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

/** What happens: a subscription stanza of the user, or the network's side of the same. */
export type ContactInput =
  | { readonly by: 'user'; readonly action: SubscriptionAction | 'probe' }
  | { readonly by: 'contact'; readonly action: SubscriptionAction };

/** What is done about it. */
export type ContactEffect =
  /** `tell` goes to the user, `ask` to the network. */
  | { readonly kind: 'tell' | 'ask'; readonly action: SubscriptionAction }
  /** The user is shown the contact's presence, or sees it go. */
  | { readonly kind: 'presence'; readonly shown: boolean };

const PENDING = { from: 'pendingIn', to: 'pendingOut' } as const;

type Next = readonly [Subscription, ...ContactEffect[]];

/** One step of the table. Pure: what changes nothing is answered with the same state and no effect. */
export function step(now: Subscription, { by, action }: ContactInput): Next {
  // RFC 6121 §4.3.2: a probe without a subscription is told that there is none.
  if (action === 'probe') return [now, now.from ? shown(true) : { kind: 'tell', action: 'unsubscribed' }];
  // Who sees whom is what one side asks for and gives back, and the other grants and takes away.
  const sees = (by === 'user') === (action === 'subscribe' || action === 'unsubscribe') ? 'from' : 'to';
  const [has, pending] = [now[sees], now[PENDING[sees]]];
  const to = (next: boolean, asked: boolean) => ({ ...now, [sees]: next, [PENDING[sees]]: asked });
  const presence = (on: boolean): ContactEffect[] => (sees === 'from' ? [shown(on)] : []);
  const [across, back] = by === 'user' ? (['ask', 'tell'] as const) : (['tell', 'ask'] as const);

  switch (action) {
    case 'subscribe':
      // RFC 6121 §3.1.3: who has it already is told so again, quietly.
      if (has) return [now, { kind: back, action: 'subscribed' }, ...presence(true)];
      return pending ? [now] : [to(false, true), { kind: across, action }];
    case 'subscribed':
      return pending ? [to(true, false), { kind: across, action }, ...presence(true)] : [now];
    default: {
      if (!has && !pending) return [now];
      // RFC 6121 §3.3.3: whoever saw the contact's presence sees it go.
      const hidden = has ? presence(false) : [];
      const told: ContactEffect = { kind: across, action };
      return [to(false, false), ...(by === 'user' ? [told, ...hidden] : [...hidden, told])];
    }
  }
}

const shown = (on: boolean): ContactEffect => ({ kind: 'presence', shown: on });
