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

/** What happens: a subscription stanza of the user, or the network's side of the same. */
export type ContactInput =
  | { readonly by: 'user'; readonly action: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' | 'probe' }
  | { readonly by: 'contact'; readonly action: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' };

/** What is done about it. `tell` goes to the user, `ask` to the network. */
export type ContactEffect =
  | { readonly kind: 'tell'; readonly action: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' }
  | { readonly kind: 'ask'; readonly action: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' }
  /** The user is shown the contact's presence, or sees it go. */
  | { readonly kind: 'presence'; readonly shown: boolean };

type Next = readonly [Subscription, ...ContactEffect[]];

/** One step of the table. Pure: what changes nothing is answered with the same state and no effect. */
export function step(now: Subscription, { by, action }: ContactInput): Next {
  return by === 'user' ? byUser(now, action) : byContact(now, action);
}

function byUser(now: Subscription, action: Extract<ContactInput, { by: 'user' }>['action']): Next {
  switch (action) {
    case 'subscribe':
      // RFC 6121 §3.1.3: who has it already is told so again, quietly.
      if (now.from) return [now, { kind: 'tell', action: 'subscribed' }, { kind: 'presence', shown: true }];
      return now.pendingIn
        ? [now]
        : [
            { ...now, pendingIn: true },
            { kind: 'ask', action: 'subscribe' },
          ];
    case 'subscribed':
      if (!now.pendingOut) return [now];
      return [
        { ...now, pendingOut: false, to: true },
        { kind: 'ask', action: 'subscribed' },
      ];
    case 'unsubscribe':
      if (!now.from && !now.pendingIn) return [now];
      return [{ ...now, from: false, pendingIn: false }, { kind: 'ask', action: 'unsubscribe' }, ...hidden(now)];
    case 'unsubscribed':
      if (!now.to && !now.pendingOut) return [now];
      return [
        { ...now, to: false, pendingOut: false },
        { kind: 'ask', action: 'unsubscribed' },
      ];
    case 'probe':
      // RFC 6121 §4.3.2: a probe without a subscription is told that there is none.
      return now.from ? [now, { kind: 'presence', shown: true }] : [now, { kind: 'tell', action: 'unsubscribed' }];
  }
}

function byContact(now: Subscription, action: Extract<ContactInput, { by: 'contact' }>['action']): Next {
  switch (action) {
    case 'subscribe':
      // RFC 6121 §3.1.3: who may see already is answered at once.
      if (now.to) return [now, { kind: 'ask', action: 'subscribed' }];
      return now.pendingOut
        ? [now]
        : [
            { ...now, pendingOut: true },
            { kind: 'tell', action: 'subscribe' },
          ];
    case 'subscribed':
      if (!now.pendingIn) return [now];
      return [
        { ...now, pendingIn: false, from: true },
        { kind: 'tell', action: 'subscribed' },
        { kind: 'presence', shown: true },
      ];
    case 'unsubscribe':
      if (!now.to && !now.pendingOut) return [now];
      return [
        { ...now, to: false, pendingOut: false },
        { kind: 'tell', action: 'unsubscribe' },
      ];
    case 'unsubscribed':
      if (!now.from && !now.pendingIn) return [now];
      return [{ ...now, from: false, pendingIn: false }, ...hidden(now), { kind: 'tell', action: 'unsubscribed' }];
  }
}

// RFC 6121 §3.3.3: whoever saw the contact's presence sees it go.
const hidden = (before: Subscription): ContactEffect[] => (before.from ? [{ kind: 'presence', shown: false }] : []);
