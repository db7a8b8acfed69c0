import type { WhoseIdentity } from '#src/model/capabilities.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { isVault } from './accounts/settings.ts';
import type { Transport } from './transport.ts';

export type IdentityParts = {
  readonly store: { readonly credentials: Pick<Store['credentials'], 'accounts'> };
  readonly transports: ReadonlyMap<string, Transport>;
};

/** By whose identity accounts are on their networks. On one domain there may be both. */
export type Identities = {
  /** Reads who has linked an identity of their own. Before that nobody has. */
  load(): Promise<void>;
  /** At once. What happens in a room that all share, or in one of the account's own, stays with what that room is. */
  of(account: AccountKey, place?: Place): WhoseIdentity;
  /** Whether accounts of the transport can have either. */
  differ(transport: string): boolean;
  /** The account has an identity of its own from now on, or none any more; `again`: it has logged in anew in the place of one. */
  turn(account: AccountKey, linked: boolean): 'turned' | 'again' | 'same';
};

export function openIdentities({ store, transports }: IdentityParts): Identities {
  const kinds = new Map([...transports].map(([domain, { mapping }]) => [domain, mapping.facts.identity]));
  const rooms = new Map([...transports].map(([domain, { mapping }]) => [domain, mapping.facts.rooms]));
  const linked = new Set<AccountKey>();
  const differ = (transport: string): boolean => kinds.get(transport) === 'both';

  return {
    async load() {
      if (![...kinds.values()].includes('both')) return;
      for (const { account, realm } of await store.credentials.accounts())
        if (!isVault(realm) && differ(splitAccount(account).transport)) linked.add(account);
    },
    of(account, place) {
      const kind = kinds.get(place ? placeTransport(place) : splitAccount(account).transport) ?? 'own';
      if (kind !== 'both') return kind;
      if (place?.kind === 'shared') return 'operator';
      // Where the operator's rooms are shared, one that is an account's own is by its identity.
      const isOwn = place?.kind === 'room' && rooms.get(placeTransport(place)) === 'shared';
      return isOwn || linked.has(account) ? 'own' : 'operator';
    },
    differ,
    turn(account, on) {
      if (!differ(splitAccount(account).transport)) return 'same';
      if (linked.has(account) === on) return on ? 'again' : 'same';
      if (on) linked.add(account);
      else linked.delete(account);
      return 'turned';
    },
  };
}
