import type { XmppSide } from '#src/core/index.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Draft, EventBody, EventOf } from '#src/model/event.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Profiles } from './profiles.ts';

/** How the entries of a user's roster are addressed: by the formatted foreign address, the gateway by the empty one. */
export type Roster = {
  idOf(place: Place): string;
  placeOf(account: AccountKey, id: string): Place;
  realmOf(account: AccountKey, id: string): string;
  isRealm(account: AccountKey, id: string): boolean;
  /** Whether the entry is the gateway or a realm, for which we answer ourselves. */
  isOurs(account: AccountKey, id: string): boolean;
  userOf(account: AccountKey): Party;
  /** Tells the user something of an entry: all of them, or one JID of theirs. */
  tell(account: AccountKey, id: string, body: EventBody, jid?: string): void;
  /** Tells the network something of the user, if it is there to be told. Never throws. */
  send(draft: Draft, account: AccountKey): void;
  /** What the network is told of a subscription. */
  ask(account: AccountKey, id: string, action: EventOf<'contact'>['action']): Draft;
};

type RosterParts = {
  readonly xmpp: XmppSide;
  readonly delivery: Pick<Delivery, 'tell'>;
  readonly profiles: Pick<Profiles, 'of'>;
  transport(domain: string): Pick<Transport, 'addresses'>;
  now(): number;
};

export function openRoster({ xmpp, delivery, profiles, transport, now }: RosterParts): Roster {
  const addressesOf = (account: AccountKey) => transport(splitAccount(account).transport).addresses;

  const isRealm = (account: AccountKey, id: string): boolean =>
    id !== '' && addressesOf(account).parse(id).kind === 'realm';
  const realmOf = (account: AccountKey, id: string): string => (id === '' ? '' : addressesOf(account).parse(id).realm);
  const placeOf = (account: AccountKey, id: string): Place =>
    isRealm(account, id) ? { kind: 'realm', account, realm: realmOf(account, id) } : { kind: 'contact', account, id };
  const userOf = (account: AccountKey): Party => ({ kind: 'xmpp', bare: splitAccount(account).user });

  return {
    idOf: (place) =>
      place.kind === 'realm'
        ? transport(placeTransport(place)).addresses.format({ kind: 'realm', realm: place.realm, name: '' })
        : place.id,
    placeOf,
    realmOf,
    isRealm,
    isOurs: (account, id) => id === '' || isRealm(account, id),
    userOf,
    tell(account, id, body, jid = splitAccount(account).user) {
      const place = placeOf(account, id);
      const from: Party = { kind: 'network', id };
      const isThere = body.kind === 'presence' && body.show !== 'offline';
      const looks = isThere ? profiles.of(account, id) : undefined;
      xmpp.deliver({ id: newEventId(), at: now(), place, from, live: true, ...body, ...looks }, [{ jid }]);
    },
    send: (draft, account) => delivery.tell({ ...draft, id: newEventId(), at: now(), live: true }, account),
    ask: (account, id, action) => ({ place: placeOf(account, id), from: userOf(account), kind: 'contact', action }),
  };
}
