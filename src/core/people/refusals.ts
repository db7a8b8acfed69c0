import { peopleTexts } from '#mappings/texts/people.ts';
import type { Refused } from '#src/bridge.ts';
import type { BlockChange, XmppSide } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
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
  /** Throws the `Failure` of who blocks too many. */
  refuse(account: AccountKey, id: string, how: How): void;
  /** The contact is heard again. With `declined` alone somebody who is blocked stays so. */
  lift(account: AccountKey, id: string, from?: How): void;
  /** What the user's server says of its list. Throws as `refuse`. */
  took(account: AccountKey, change: BlockChange): void;
  /** Drops what is known of an account that was removed. */
  forget(account: AccountKey): void;
  /** Asks the user's server for its list, where that lets us, after `wait` ms; once for all who want it till then. */
  read(account: AccountKey, wait: number): void;
  /** Is called where somebody is blocked, or not any more; the empty id stands for everybody. */
  listen(changed: (account: AccountKey, id: string) => void): void;
};

/** `seen`: blocked by what its stanzas met, until it sees the user again. */
type How = Refusing | 'seen';

/** Whom one account may refuse (SECURITY rule 11). */
const MOST = 5000;
const NOBODY: ReadonlyMap<string, How> = new Map();

export function openContactRefusals({ store, xmpp, clock, log }: RefusalParts): ContactRefusals {
  const refused = new Map<AccountKey, Map<string, How>>();
  const reading = new Set<AccountKey>();
  let tell: (account: AccountKey, id: string) => void = () => undefined;

  const howOf = (account: AccountKey, id: string): How | undefined => refused.get(account)?.get(id);

  /** Accounts are made by their first use. What blocks nobody any more and is no contact leaves nothing. */
  function write(account: AccountKey, ids: readonly string[], how?: Refusing): void {
    const rows = ids.flatMap((id) => {
      const row = store.contacts.refuse(account, id, how);
      return how ? [row] : [row, store.contacts.remove(account, id)];
    });
    store
      .unit([store.accounts.used(account, clock.now()), ...rows])
      .catch((err: unknown) => log.error({ err }, 'who is not to be heard could not be written'));
  }

  function refuseAll(account: AccountKey, ids: readonly string[], how: How): void {
    const own = refused.get(account) ?? new Map<string, How>();
    const news = new Set(ids.filter((id) => own.get(id) !== how));
    if (news.size === 0) return;
    const added = [...news].filter((id) => !own.has(id)).length;
    // What is only remembered of somebody is not, then.
    if (own.size + added > MOST && (how === 'declined' || how === 'seen')) return;
    if (own.size + added > MOST) throw new Failure('not-allowed', { text: peopleTexts.tooManyContacts });
    refused.set(account, own);
    for (const id of news) own.set(id, how);
    if (how !== 'seen') write(account, [...news], how);
    if (how !== 'declined') for (const id of news) tell(account, id);
  }

  function lift(account: AccountKey, ids: readonly string[], from?: How): void {
    const own = refused.get(account);
    const gone = own ? ids.filter((id) => own.has(id) && (from === undefined || own.get(id) === from)) : [];
    if (!own || gone.length === 0) return;
    const before = gone.map((id) => [id, own.get(id)] as const);
    for (const id of gone) own.delete(id);
    if (own.size === 0) refused.delete(account);
    const kept = before.filter(([, how]) => how !== 'seen').map(([id]) => id);
    if (kept.length > 0) write(account, kept);
    for (const [id, how] of before) if (how !== 'declined') tell(account, id);
  }

  function of(account: AccountKey, id: string): Refused | undefined {
    if (refused.size === 0) return undefined;
    const how = howOf(account, id) ?? howOf(account, '');
    return how === undefined || how === 'declined' ? how : 'blocked';
  }

  function took(account: AccountKey, { how, ids }: BlockChange): void {
    const own = refused.get(account) ?? NOBODY;
    if (how !== 'block') {
      // XEP-0191 §3.4: without an item everybody is meant.
      const named = how === 'unblock' && ids.length > 0 ? ids : [...own.keys()];
      const stay = new Set(how === 'all' ? ids : []);
      lift(
        account,
        named.filter((id) => !stay.has(id)),
        'listed',
      );
    }
    // Who was blocked here stays so whatever the server says.
    if (how !== 'unblock')
      refuseAll(
        account,
        ids.filter((id) => own.get(id) !== 'blocked'),
        'listed',
      );
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
      for (const { account, id, refused: how } of await store.contacts.refused())
        refused.set(account, (refused.get(account) ?? new Map<string, How>()).set(id, how));
    },
    of: (place) => (place.kind === 'contact' ? of(place.account, place.id) : undefined),
    blocks: (account, id) => of(account, id) === 'blocked',
    refuse: (account, id, how) => refuseAll(account, [id], how),
    lift: (account, id, from) => lift(account, [id], from),
    took,
    forget: (account) => void refused.delete(account),
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
