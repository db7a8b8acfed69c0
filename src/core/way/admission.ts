import type { Admission, Host } from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import { outwardLane } from '#src/core/journal/rows.ts';
import type { People } from '#src/core/people/people.ts';
import type { ContactRefusals } from '#src/core/people/refusals.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Draft } from '#src/model/event.ts';
import { type AccountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { Settling } from './settle.ts';

export type AdmissionParts = {
  readonly accounts: Pick<Accounts, 'permitted'>;
  readonly refusals: Pick<ContactRefusals, 'of'>;
  readonly people: Pick<People, 'knows'>;
  transport(domain: string): Pick<Transport, 'mapping'>;
  readonly settling: Pick<Settling, 'ofLane'>;
  readonly store: { readonly links: Pick<Store['links'], 'any'> };
  /** Domains of ours, on which nobody has an account. */
  readonly transports: { has(domain: string): boolean };
};

/** Who on a network is heard by whom, before and when something is told. */
export type Admissions = {
  /** `Host.admits`. Rejects with a `Failure` while the store is away. */
  admits: Host['admits'];
  /** The same for a draft, at once, as far as that decides whether it is taken; `yes` for all that is. */
  of(draft: Draft): Admission;
  /** What a network is told of that: some do not hear that they are blocked. */
  told(admission: Admission, place: Place): Admission;
};

export function openAdmissions(parts: AdmissionParts): Admissions {
  const { accounts, refusals, people, settling, store, transports } = parts;

  const told = (admission: Admission, place: Place): Admission =>
    admission === 'blocked' && parts.transport(placeTransport(place)).mapping.facts.blocked === 'silence'
      ? 'yes'
      : admission;

  function toUser(user: BareJid, contact: Place): Admission {
    // RFC 6121 §2.1: an account has a local part.
    const at = user.indexOf('@');
    if (at < 1 || transports.has(user.slice(at + 1))) return 'nobody';
    return accounts.permitted(user) ? (refusals.of(contact) ?? 'yes') : 'not-permitted';
  }

  /** Who answers at once may be quicker than what their network says of it. */
  const isWrittenTo = (place: Place, account: AccountKey): boolean =>
    settling
      .ofLane(outwardLane(place, account))
      .some(({ kept, owed }) => kept && owed.way === 'out' && owed.event.kind === 'message');

  return {
    told,
    async admits({ account, contact: id, place }) {
      const contact: Place = { kind: 'contact', account, id };
      const now = told(toUser(splitAccount(account).user, contact), contact);
      if (now !== 'yes') return now;
      // Asked first: what has ended meanwhile is linked.
      const written = isWrittenTo(place ?? contact, account);
      const known = await people.knows(account, id);
      if (known === 'yes' || written || (await store.links.any(placeKey(place ?? contact)))) return 'yes';
      return known === 'full' ? 'full' : 'first';
    },
    // What happens in rooms that all share is for nobody alone; receipts are about what was sent from here.
    of({ place, kind }) {
      if (place.kind === 'shared' || kind === 'receipt') return 'yes';
      const admission = toUser(splitAccount(place.account).user, place);
      // How somebody fares is kept for when they are heard again, and not shown meanwhile.
      return kind === 'presence' && admission === 'blocked' ? 'yes' : admission;
    },
  };
}
