import type { Session, SessionKey } from '#src/bridge.ts';
import type { Capabilities, WhoseIdentity } from '#src/model/capabilities.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import { isRoom, type Place, placeTransport, sharedPlace } from '#src/model/place.ts';
import type { Aliases } from './aliases.ts';
import type { Identities } from './identities.ts';
import { outwardLane } from './journal/rows.ts';
import { type Sessions, standIn } from './sessions/sessions.ts';
import type { Transport } from './transport.ts';

/** A foreign address as the edge reads it: the formatted address of a room or person, or a realm. */
export type Addressed =
  | { readonly kind: 'room' | 'contact'; readonly id: string }
  | { readonly kind: 'realm'; readonly realm: string };

/** What an account is to an address now. */
export type Standing = {
  readonly place: Place;
  /** Whether its account acts there by itself, or the operator for it. */
  readonly identity: WhoseIdentity;
  /** What the network carries there at the moment. */
  readonly carried: Capabilities;
  /** Who holds the membership of a room: whoever sits in it, or the network, for which nobody need be there. */
  readonly membership: 'seat' | 'network';
};

/** A standing as the way of an event needs it. */
export type Footing = Standing & {
  readonly transport: Transport;
  readonly key: SessionKey;
  /** What hands over there, if anything does now: the account's own session and no other, or one that says whose it is. */
  readonly session: Session | undefined;
  /** After a restart they enter their rooms before they speak there: what they say waits. */
  readonly isReturning: boolean;
  /** The lane of what goes there. */
  readonly lane: string;
};

export type StandingParts = {
  readonly identities: Identities;
  readonly aliases: Pick<Aliases, 'address'>;
  readonly sessions: Pick<Sessions, 'get' | 'state'>;
  transport(domain: string): Transport;
  realm(place: Place): string;
};

/** The one place that knows whether rooms are shared, whose identity is used, whether that takes a session, what is carried. */
export type Standings = {
  /** What the account of a user is to an address. At once. Throws a `Failure` for a transport that there is not. */
  at(user: BareJid, transport: string, address: Addressed): Standing;
  /** The same by a place; with an `identity` what it is, or was, by that. */
  of(account: AccountKey, place: Place, identity?: WhoseIdentity): Footing;
};

/** Answers from memory alone. Most is looked at only where somebody asks. */
class Stand implements Footing {
  readonly transport: Transport;
  readonly place: Place;
  readonly identity: WhoseIdentity;
  readonly #account: AccountKey;
  readonly #parts: StandingParts;
  #key: SessionKey | undefined;
  #lane: string | undefined;

  constructor(parts: StandingParts, account: AccountKey, place: Place, identity: WhoseIdentity) {
    this.#parts = parts;
    this.#account = account;
    this.place = place;
    this.identity = identity;
    this.transport = parts.transport(placeTransport(place));
  }

  get membership(): 'seat' | 'network' {
    return membershipIn(this.place);
  }

  get key(): SessionKey {
    this.#key ??= { account: this.#account, realm: this.#parts.realm(this.place) };
    return this.#key;
  }

  get lane(): string {
    this.#lane ??= outwardLane(this.place, this.#account);
    return this.#lane;
  }

  get session(): Session | undefined {
    const session = this.#parts.sessions.get(this.key);
    if (this.identity === 'own') return session?.stands ? undefined : session;
    // Never by the account's own, which may be there as well.
    return session?.stands ? session : standIn(this.key);
  }

  get isReturning(): boolean {
    if (this.identity === 'own' || !isRoom(this.place)) return false;
    const { name } = this.#parts.sessions.state(this.key);
    return name === 'waiting' || name === 'connecting';
  }

  get carried(): Capabilities {
    const { facts } = this.transport.mapping;
    return this.transport.bridge().narrow?.(this.place, this.session) ?? facts;
  }
}

/** Rooms that are shared are left with the last seat; those of one account are the network's to keep. */
export const membershipIn = ({ kind }: Place): Standing['membership'] => (kind === 'room' ? 'network' : 'seat');

/** Accounts that are remembered of one room. */
const MOST_STANDS = 10_000;

export function openStandings(parts: StandingParts): Standings {
  const { identities, aliases, transport } = parts;
  /** Most is said in rooms that all share. Whoever stands there answers from what is now: one is enough. */
  const shared = new WeakMap<Place, Map<AccountKey, Stand>>();

  function stand(account: AccountKey, place: Place, identity: WhoseIdentity): Stand {
    if (place.kind !== 'shared') return new Stand(parts, account, place, identity);
    const known = shared.get(place);
    const found = known?.get(account);
    if (found?.identity === identity) return found;
    const fresh = new Stand(parts, account, place, identity);
    if (known && known.size < MOST_STANDS) known.set(account, fresh);
    else shared.set(place, new Map([[account, fresh]]));
    return fresh;
  }

  function placeAt(account: AccountKey, domain: string, address: Addressed): Place {
    if (address.kind === 'realm') return { kind: 'realm', account, realm: address.realm };
    const { kind } = address;
    if (kind === 'contact') return { kind, account, id: address.id };
    const { isAlternate } = transport(domain).addresses;
    // Whatever a room is called by somebody, it is one: by the address that is its own.
    const id = (isAlternate && aliases.address(domain, address.id)) ?? address.id;
    return roomsAre(account, domain) === 'room' ? { kind: 'room', account, id } : sharedPlace(domain, id);
  }

  /** Where accounts can be there by themselves as well, the rooms of whoever is are their own. */
  function roomsAre(account: AccountKey, domain: string): Capabilities['rooms'] {
    const { rooms } = transport(domain).mapping.facts;
    return rooms === 'shared' && identities.differ(domain) && identities.of(account) === 'own' ? 'room' : rooms;
  }

  return {
    at(user, domain, address) {
      const account = accountKey(user, domain);
      const place = placeAt(account, domain, address);
      return stand(account, place, identities.of(account, place));
    },
    of: (account, place, identity = identities.of(account, place)) => stand(account, place, identity),
  };
}
