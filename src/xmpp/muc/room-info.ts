// XEP-0045: Multi-User Chat, version 1.34.6: what is told of a room (§6.4, §6.5).
import { enumerated, roomTexts as texts, UNSEEN } from '#mappings/texts/rooms.ts';
import type { RoomInfo } from '#src/core/index.ts';
import type { Avatar } from '#src/model/avatar.ts';
import { Failure } from '#src/model/failure.ts';
import { joined, type Text, type Words, wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, ReplyTo, RoomTrait } from '#src/model/query.ts';
import { jidOf, occupantJid } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Request } from '#src/xmpp/xep/extension.ts';
import { askedRoom } from './occupancy.ts';

/** XEP-0045 §15.3: what rooms are where nothing else is known. */
export const USUAL = ['muc_public', 'muc_open', 'muc_semianonymous', 'muc_unmoderated', 'muc_unsecured'];

/** XEP-0045 §15.3: what is said of a room that is kept in some way, and instead of what. */
const TRAITS: Readonly<Record<RoomTrait, readonly [instead: string, feature: string]>> = {
  moderated: ['muc_unmoderated', 'muc_moderated'],
  'members-only': ['muc_open', 'muc_membersonly'],
  password: ['muc_unsecured', 'muc_passwordprotected'],
  hidden: ['muc_public', 'muc_hidden'],
};

/** What may be said of a room, with the topic and the rest where somebody here is in it. */
export type SeenRoom = { readonly info: RoomInfo; readonly reply: Partial<ReplyTo<RoomQuery>> };

/** What the asker may know of a room; nothing where nobody of ours is in it, or where it is hidden from the asker. */
export async function seenRoom(request: Request): Promise<SeenRoom | undefined> {
  const room = askedRoom(request);
  const info = room && request.core.rooms.info(room.place);
  if (!info) return undefined;
  const reply = await roomOf(request, room.place);
  const isOpen = room.nick !== undefined || (reply.traits !== undefined && !reply.traits.includes('hidden'));
  return isOpen ? { info, reply } : undefined;
}

/** What nobody knows of a room that nobody sees: how it is kept, and whether anybody keeps what is said. */
const isClaim = (feature: string): boolean =>
  (USUAL.includes(feature) && feature !== 'muc_semianonymous') || feature.startsWith('urn:xmpp:mam:');

/** The features of a room with how it is kept. */
export function roomFeatures(room: SeenRoom | undefined, usual: readonly string[]): readonly string[] {
  if (!room) return usual.filter((feature) => !isClaim(feature));
  const replaced = new Map((room.reply.traits ?? []).map((trait) => TRAITS[trait]));
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

/** What the room is called, where that is not what its address says. */
export const nameOf = ({ info, reply }: SeenRoom): string | undefined => info.name || reply.name || undefined;

const avatarOf = ({ info, reply }: SeenRoom): Avatar | undefined => info.avatar ?? reply.avatar;

/** The picture of the room that is asked, as far as the asker may know of it. */
export async function pictureOf(request: Request): Promise<Avatar | undefined> {
  const room = await seenRoom(request);
  return room && avatarOf(room);
}

/** XEP-0045 §6.4, §15.5.4: muc#roominfo. */
export function roomForm(request: Request, room: SeenRoom): Xml {
  const { info } = room;
  const { description, subjectByAll } = room.reply;
  const avatar = avatarOf(room);
  const language = request.speak();
  const about = joined([description, unseenIn(request)].filter((one) => one !== undefined));
  const field = (name: string, type: string, label: Words, value: Words): Xml =>
    xml`<field var='muc#roominfo_${name}' type='${type}' label='${wordsIn(label, language)}'><value>${wordsIn(value, language)}</value></field>`;
  const known = [
    field('occupants', 'text-single', texts.occupants, String(info.occupants)),
    about.en === '' ? undefined : field('description', 'text-single', texts.description, about),
    info.topic === undefined ? undefined : field('subject', 'text-single', texts.subject, info.topic),
    subjectByAll === undefined
      ? undefined
      : field('subjectmod', 'boolean', texts.subjectByAll, subjectByAll ? '1' : '0'),
    // XEP-0486 §4.3: only of what its hash is known.
    avatar && 'sha1' in avatar ? field('avatarhash', 'text-multi', texts.avatarHash, avatar.sha1) : undefined,
  ];
  return xml`<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roominfo</value></field>${known.filter((one) => one !== undefined)}</x>`;
}

/** What those in the room have among each other, and nobody else. */
function unseenIn({ advertised, identity }: Request): Text | undefined {
  const known: Readonly<Record<string, Text>> = UNSEEN;
  const unseen = advertised().unseen.flatMap((feature) => known[feature] ?? []);
  return unseen.length === 0 ? undefined : texts.unseen(identity.name, enumerated(unseen));
}

/** XEP-0045 §6.5: the occupants, for those who are in the room; others are shown an empty list. */
export function occupantItems(request: Request): Xml[] {
  const room = askedRoom(request);
  if (room?.nick === undefined) return [];
  const jid = jidOf(room.id, request.view.transport.domain);
  return [...request.core.rooms.occupants(room.place)].map(
    ({ nick }) => xml`<item jid='${occupantJid(jid, nick)}' name='${nick}'/>`,
  );
}
