import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Core, Transport } from '#src/core/index.ts';
import { memo } from '#src/lib/memo.ts';
import { isAlias } from '#src/model/alias.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Occupant, Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { escapeLocal, type Jid, resourcePrep, unescapeLocal } from './jid.ts';

/** What a JID of ours stands for. `id` is the folded foreign address, `moved` if the room was written otherwise. */
export type JidTarget =
  | { readonly kind: 'gateway' }
  | { readonly kind: 'realm'; readonly realm: string }
  | { readonly kind: 'contact'; readonly id: string; readonly realm: string; readonly name: string }
  | {
      readonly kind: 'room';
      readonly id: string;
      readonly realm: string;
      readonly name: string;
      readonly moved?: true;
    };

export type RoomTarget = Extract<JidTarget, { kind: 'room' }>;

/** What a transport's stanzas are read with. */
export type Facts = {
  readonly transport: Transport;
  readonly standing: Core['standing'];
  /** The foreign address that an alias stands for. */
  addressOf(alias: string): string | undefined;
  /** The nick under which the full JID is in the room. */
  nickOf(place: Place, jid: string): string | undefined;
  occupants(place: Place): Iterable<Occupant>;
};

export type View = Facts & {
  /** What a local part stands for. Throws `Failure('jid-malformed')` if it is no address of this network. */
  target(local: string): JidTarget;
};

/** The facts with a memory for addresses: parsing one is most of the cost of a short message. */
export const viewOf = (facts: Facts): View => ({
  ...facts,
  target: memo(10_000, (local) => targetOf(local, facts)),
});

function targetOf(local: string, { transport: { addresses }, addressOf }: Facts): JidTarget {
  if (local === '') return { kind: 'gateway' };
  const address = addresses.fold(addresses.parse(foreign(local, addressOf)));
  const { kind, realm, name } = address;
  if (kind === 'realm') return { kind, realm };
  const id = addresses.format(address);
  if (kind === 'contact' || escapeLocal(id) === local) return { kind, id, realm, name };
  return { kind, id, realm, name, moved: true };
}

function foreign(local: string, addressOf: Facts['addressOf']): string {
  if (!isAlias(local)) return unescapeLocal(local);
  const address = addressOf(local);
  if (address === undefined) throw new Failure('item-not-found');
  return address;
}

/** The place of a room for a user. */
export const roomPlace = ({ transport, standing }: Facts, room: RoomTarget, user: BareJid): Place =>
  standing(user, transport.domain, room).place;

/** The place of what a JID stands for, for a user; the gateway itself is the realm without a name. */
export const targetPlace = ({ transport, standing }: Facts, target: JidTarget, user: BareJid): Place =>
  standing(user, transport.domain, target.kind === 'gateway' ? { kind: 'realm', realm: '' } : target).place;

/** Refuses an address of a room that is not the one under which its occupants see it (RFC 6120 §8.3.3.5). */
export function assertHere({ moved, id }: RoomTarget): void {
  if (moved) throw new Failure('gone', { address: id });
}

/** The two addresses of a stanza, taken apart, and what they are read with. */
export type Envelope = { readonly from: Jid; readonly to: Jid; readonly view: View };

/** The user who wrote a stanza. */
export const partyOf = ({ bare, resource }: Jid): Party =>
  resource === '' ? { kind: 'xmpp', bare } : { kind: 'xmpp', bare, resource };

export type InRoom = { readonly target: RoomTarget; readonly place: Place };

/** Who has a nick in a room: as it is shown, else as its network takes it for the same. */
export function occupantOf(facts: Facts, { target, place }: InRoom, nick: string): Occupant | undefined {
  const shown = resourcePrep(nick);
  for (const one of facts.occupants(place)) if (resourcePrep(one.nick) === shown) return one;
  const same = addressOfName(facts, target, nick);
  for (const one of facts.occupants(place)) if (addressOfName(facts, target, one.nick) === same) return one;
  return undefined;
}

/** The address of somebody in a room. Throws a `Failure` where nobody has the nick, or who has it has no address. */
export function occupantId(facts: Facts, room: InRoom, nick: string): string {
  // XEP-0045 §7.5: whoever has the name outside the room is not meant.
  const who = occupantOf(facts, room, nick);
  if (!who) throw new Failure('item-not-found', { text: texts.noSuchNick });
  const id = addressOfName(facts, room.target, who.id);
  // A name must not turn into the address of something else.
  if (facts.transport.addresses.parse(id).kind !== 'contact') throw new Failure('item-not-found');
  return id;
}

/** The address of somebody by the name that they have on the network of a room. */
export const addressOfName = ({ transport: { addresses } }: Facts, { realm }: RoomTarget, name: string): string =>
  addresses.format(addresses.fold({ kind: 'contact', realm, name }));

/** An event of a room as those see it who came by another of its names. */
export const asSeenAt = (event: Event, at: string | undefined): Event =>
  at === undefined || event.place.kind === 'realm' ? event : { ...event, place: { ...event.place, id: at } };
