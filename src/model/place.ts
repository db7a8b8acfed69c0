import { type AccountKey, accountKey, type BareJid, splitAccount } from './ids.ts';

/**
 * Where an event happens, and the unit of order. `id` is the formatted foreign address (the local part of the JID
 * before XEP-0106). A `shared` room is one for all accounts in it, a `room` belongs to one account.
 */
export type Place =
  | { readonly kind: 'contact'; readonly account: AccountKey; readonly id: string }
  | { readonly kind: 'room'; readonly account: AccountKey; readonly id: string }
  | { readonly kind: 'shared'; readonly transport: string; readonly id: string }
  | { readonly kind: 'realm'; readonly account: AccountKey; readonly realm: string };

/** Rooms that all share are few, and are spoken of often: one object each, with its key, for as many as are remembered. */
const SHARED = 20_000;
const shared = new Map<string, Map<string, Place>>();
const keys = new WeakMap<Place, string>();
let remembered = 0;

/** The place of a room that all accounts on a transport share. */
export function sharedPlace(transport: string, id: string): Place {
  return shared.get(transport)?.get(id) ?? fresh(transport, id);
}

function fresh(transport: string, id: string): Place {
  if (remembered++ % SHARED === 0) shared.clear();
  const place: Place = { kind: 'shared', transport, id };
  keys.set(place, keyOf(place));
  shared.set(transport, (shared.get(transport) ?? new Map<string, Place>()).set(id, place));
  return place;
}

/** One event has one place object from edge to edge, and each step asks for its key: it is made, and hashed, once. */
let last: Place | undefined;
let lastKey = '';

/** The key of the place's lane. */
export function placeKey(place: Place): string {
  if (place === last) return lastKey;
  last = place;
  lastKey = keys.get(place) ?? keyOf(place);
  return lastKey;
}

function keyOf(place: Place): string {
  switch (place.kind) {
    case 'shared':
      return `shared ${place.transport} ${place.id}`;
    case 'realm':
      return `realm ${place.account} ${place.realm}`;
    default:
      return `${place.kind} ${place.account} ${place.id}`;
  }
}

/** The place of a key that `placeKey` made. Throws for anything else. */
export function placeOf(key: string): Place {
  const [kind, first = '', second = '', ...rest] = key.split(' ');
  if (kind === 'shared') return { kind, transport: first, id: [second, ...rest].join(' ') };
  const account = accountKey(first as BareJid, second);
  const name = rest.join(' ');
  if (kind === 'realm') return { kind, account, realm: name };
  if (kind === 'contact' || kind === 'room') return { kind, account, id: name };
  throw new Error('this is no key of a place');
}

/** The component domain that the place is on. */
export const placeTransport = (place: Place): string =>
  place.kind === 'shared' ? place.transport : splitAccount(place.account).transport;

/** Whether it is a room, whoever else is in it. */
export const isRoom = ({ kind }: Place): boolean => kind === 'shared' || kind === 'room';
