import type { Refused } from '#src/bridge.ts';
import type { BlockChange, XmppSide } from '#src/core/index.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Refusing, Store } from '#src/store/index.ts';

export type RefusalParts = {
  readonly store: Pick<Store, 'accounts' | 'contacts' | 'unit'>;
  readonly xmpp: Pick<XmppSide, 'blocked'>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Contacts whom users do not hear: declined until they add them, or blocked until they say otherwise, here or at their own
 * server (XEP-0191).
 */
export type ContactRefusals = {
  /** Reads what is in the store. Before that nobody is refused. */
  load(): Promise<void>;
  /** From memory. They are few. */
  of(place: Place): Refused | undefined;
  blocks(account: AccountKey, id: string): boolean;
  refuse(account: AccountKey, id: string, how: How): void;
  /** The contact is heard again. With `declined` alone somebody who is blocked stays so. */
  lift(account: AccountKey, id: string, from?: How): void;
  /** What the user's server says of its list. */
  took(account: AccountKey, change: BlockChange): void;
  /** Asks the user's server for its list, where that lets us, after `wait` ms; once for all who want it till then. */
  read(account: AccountKey, wait: number): void;
  /** Is called where somebody is blocked, or not any more; the empty id stands for everybody. */
  listen(changed: (account: AccountKey, id: string) => void): void;
};

/** `seen`: blocked by what its stanzas met, until it sees the user again. */
type How = Refusing | 'seen';

const keyOf = (account: AccountKey, id: string): string => `${account}\n${id}`;

export function openContactRefusals({ store, xmpp, clock, log }: RefusalParts): ContactRefusals {
  const refused = new Map<string, How>();
  const reading = new Set<AccountKey>();
  let tell: (account: AccountKey, id: string) => void = () => undefined;

  /** Accounts are made by their first use. */
  function write(account: AccountKey, id: string, how: How | undefined): void {
    if (how === 'seen') return;
    store
      .unit([store.accounts.used(account, clock.now()), store.contacts.refuse(account, id, how)])
      .catch((err: unknown) => log.error({ err }, 'who is not to be heard could not be written'));
  }

  function refuse(account: AccountKey, id: string, how: How): void {
    const key = keyOf(account, id);
    if (refused.get(key) === how) return;
    refused.set(key, how);
    write(account, id, how);
    if (how !== 'declined') tell(account, id);
  }

  function lift(account: AccountKey, id: string, from?: How): void {
    const how = refused.size > 0 ? refused.get(keyOf(account, id)) : undefined;
    if (how === undefined || (from !== undefined && how !== from)) return;
    refused.delete(keyOf(account, id));
    if (how !== 'seen') write(account, id, undefined);
    if (how !== 'declined') tell(account, id);
  }

  function of(account: AccountKey, id: string): Refused | undefined {
    if (refused.size === 0) return undefined;
    const how = refused.get(keyOf(account, id)) ?? refused.get(keyOf(account, ''));
    return how === undefined || how === 'declined' ? how : 'blocked';
  }

  const listed = (account: AccountKey): string[] =>
    [...refused].flatMap(([key, how]) =>
      how === 'listed' && key.startsWith(`${account}\n`) ? key.slice(account.length + 1) : [],
    );

  function took(account: AccountKey, { how, ids }: BlockChange): void {
    // XEP-0191 §3.4: without an item everybody is meant.
    const gone = how === 'unblock' && ids.length > 0 ? ids : how === 'block' ? [] : listed(account);
    for (const id of gone) if (how !== 'all' || !ids.includes(id)) lift(account, id, 'listed');
    if (how === 'unblock') return;
    // Who was blocked here stays so whatever the server says.
    for (const id of ids) if (refused.get(keyOf(account, id)) !== 'blocked') refuse(account, id, 'listed');
  }

  async function ask(account: AccountKey): Promise<void> {
    reading.delete(account);
    const { user, transport } = splitAccount(account);
    try {
      took(account, { how: 'all', ids: await xmpp.blocked(transport, user) });
    } catch (err) {
      log.debug({ err }, 'a server did not say whom its user has blocked');
    }
  }

  return {
    async load() {
      for (const { account, id, refused: how } of await store.contacts.refused()) refused.set(keyOf(account, id), how);
    },
    of: (place) => (place.kind === 'contact' ? of(place.account, place.id) : undefined),
    blocks: (account, id) => of(account, id) === 'blocked',
    refuse,
    lift,
    took,
    read(account, wait) {
      if (reading.has(account)) return;
      reading.add(account);
      if (wait === 0) void ask(account);
      else clock.after(wait, () => void ask(account));
    },
    listen(changed) {
      tell = changed;
    },
  };
}
