// XEP-0045: Multi-User Chat, version 1.34.6: what discovery says of rooms (§6).
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, ReplyTo, RoomTrait } from '#src/model/query.ts';
import { jidOf, occupantJid } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { adminRoutes } from './admin.ts';
import { decodePresence, decodeTopic, MUC } from './decode.ts';
import { encodeOccupant, encodeOccupants, encodeTopic } from './encode.ts';
import { askedRoom } from './occupancy.ts';
import { ownerRoutes } from './owner.ts';

export const muc: Extension = {
  xep: { number: '0045', title: 'Multi-User Chat', version: '1.34.6', part: 'what networks have of rooms' },
  features: ({ advertised }) =>
    !advertised.rooms
      ? {}
      : {
          // XEP-0045 §6.2
          gateway: [MUC],
          // XEP-0045 §6.4, §15.5; stable_id (§7.4): a message comes back with the id that it was sent with.
          room: [MUC, ...USUAL, `${MUC}#stable_id`],
        },
  presence: decodePresence,
  reads: { subject: decodeTopic },
  sends: { occupant: encodeOccupant, occupants: encodeOccupants, topic: encodeTopic },
  iq: { ...adminRoutes, ...ownerRoutes },
};

/** XEP-0045 §15.3: what rooms are where nothing else is known. */
const USUAL = ['muc_public', 'muc_open', 'muc_semianonymous', 'muc_unmoderated', 'muc_unsecured'];

/** XEP-0045 §15.3: what is said of a room that is kept in some way, and instead of what. */
const TRAITS: Readonly<Record<RoomTrait, readonly [instead: string, feature: string]>> = {
  moderated: ['muc_unmoderated', 'muc_moderated'],
  'members-only': ['muc_open', 'muc_membersonly'],
  password: ['muc_unsecured', 'muc_passwordprotected'],
  hidden: ['muc_public', 'muc_hidden'],
};

/** The features of a room with how it is kept, for those who are in it; others are told what rooms are by default. */
export async function roomFeatures(request: Request, usual: readonly string[]): Promise<readonly string[]> {
  const room = askedRoom(request);
  if (room?.nick === undefined) return usual;
  const { traits = [] } = await roomOf(request, room.place);
  const replaced = new Map(traits.map((trait) => TRAITS[trait]));
  return usual.map((feature) => replaced.get(feature) ?? feature);
}

/** What the network says of the room; nothing where it cannot say it now. */
async function roomOf({ core, view, user }: Request, place: Place): Promise<Partial<ReplyTo<RoomQuery>>> {
  try {
    return await core.ask({ kind: 'room', place }, view.transport.domain, user);
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}

type RoomQuery = Extract<Query, { kind: 'room' }>;

/** XEP-0045 §6.4, §15.5.4: muc#roominfo. The subject is for those who are in the room. */
export function roomForm(request: Request): Xml | undefined {
  const room = askedRoom(request);
  const info = room && request.core.rooms.info(room.place);
  if (!room || !info) return undefined;
  const subject = room.nick === undefined ? undefined : info.topic;
  return xml`<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roominfo</value></field>${[
    field('muc#roominfo_occupants', 'Number of occupants', String(info.occupants)),
    ...(subject === undefined ? [] : [field('muc#roominfo_subject', 'Current subject', subject)]),
  ]}</x>`;
}

const field = (name: string, label: string, value: string): Xml =>
  xml`<field var='${name}' type='text-single' label='${label}'><value>${value}</value></field>`;

/** XEP-0045 §6.5: the occupants, for those who are in the room; others are shown an empty list. */
export function occupantItems(request: Request): Xml[] {
  const room = askedRoom(request);
  if (room?.nick === undefined) return [];
  const jid = jidOf(room.id, request.view.transport.domain);
  return [...request.core.rooms.occupants(room.place)].map(
    ({ nick }) => xml`<item jid='${occupantJid(jid, nick)}' name='${nick}'/>`,
  );
}
