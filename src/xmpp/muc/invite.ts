// XEP-0249: Direct MUC Invitations, version 1.2; with the mediated ones of XEP-0045 (version 1.34.6) §7.8.2.

import type { Element } from 'ltx';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { escapeLocal, jidOf, splitJid } from '#src/xmpp/stanza/jid.ts';
import {
  addressOfName,
  assertHere,
  type JidTarget,
  occupantId,
  type RoomTarget,
  roomPlace,
} from '#src/xmpp/stanza/target.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, ReadContext, Reading, Sending, WholeContext } from '#src/xmpp/xep/extension.ts';

const MUC_USER = 'http://jabber.org/protocol/muc#user';
const DIRECT = 'jabber:x:conference';

export const invitations: Extension = {
  xep: { number: '0249', title: 'Direct MUC Invitations', version: '1.2' },
  // XEP-0249 §4: people of the network take invitations, where there are rooms.
  features: ({ advertised }) => (advertised.rooms ? { contact: [DIRECT] } : {}),
  reads: { [`${MUC_USER} x`]: mediated, [`${DIRECT} x`]: direct },
  sends: { invite: encodeInvitation },
};

type Invited = { readonly person: JidTarget; readonly room: RoomTarget; readonly reason: string | undefined };

function invitation({ person, room, reason }: Invited, { view, from }: ReadContext): Reading {
  assertHere(room);
  if (person.kind !== 'contact' || person.realm !== room.realm)
    throw new Failure('item-not-found', { text: texts.inviteNetwork });
  const place = { kind: 'contact', account: accountKey(from.bare, view.transport.domain), id: person.id } as const;
  return { kind: 'invite', place, room: room.id, ...(reason && { reason }) };
}

/** XEP-0045 §7.8.2: to the room, which asks somebody in. */
function mediated(x: Element, reading: Reading, context: ReadContext): Reading {
  const { stanza, target, to, from, view } = context;
  const [decline] = x.getChildren('decline');
  if (decline) return declined(decline, reading, context);
  const invites = x.getChildren('invite');
  const [invite] = invites;
  if (!invite || target.kind !== 'room' || to.resource !== '' || stanza.attrs.type === 'groupchat') return reading;
  if (invites.length > 1) throw new Failure('bad-request', { text: texts.inviteOne });
  if (view.nickOf(roomPlace(view, target, from.bare), from.full) === undefined) throw new Failure('not-joined');
  const person = invitee(invite.attrs.to ?? '', target, context);
  return invitation({ person, room: target, reason: invite.getChildText('reason') ?? undefined }, context);
}

/** Who is meant: by an address of their own, as an occupant of a room, or by a nick alone, as other gateways take it. */
function invitee(to: string, room: RoomTarget, { from, view }: ReadContext): JidTarget {
  const { local, domain, resource } = splitJid(to);
  const isOurs = domain === view.transport.domain;
  if (!isOurs && !to.includes('@')) return view.target(escapeLocal(addressOfName(view, room, to)));
  const person: JidTarget = isOurs ? view.target(local) : { kind: 'gateway' };
  if (person.kind !== 'room' || resource === '') return person;
  const place = roomPlace(view, person, from.bare);
  // Who is in a room is for those who are there.
  if (view.nickOf(place, from.full) === undefined) throw new Failure('not-joined');
  return view.target(escapeLocal(occupantId(view, { target: person, place }, resource)));
}

/** XEP-0045 §7.8.2: to the room, for whoever has asked: the network hears that its invitation is declined. */
function declined(decline: Element, reading: Reading, { target, from, view }: ReadContext): Reading {
  if (target.kind !== 'room') return reading;
  const { domain, local } = splitJid(decline.attrs.to ?? '');
  const inviter: JidTarget = domain === view.transport.domain ? view.target(local) : { kind: 'gateway' };
  const account = accountKey(from.bare, view.transport.domain);
  const place: Place =
    inviter.kind === 'contact'
      ? { kind: 'contact', account, id: inviter.id }
      : { kind: 'realm', account, realm: target.realm };
  const reason = decline.getChildText('reason');
  return { kind: 'invite', place, room: target.id, declined: true, ...(reason && { reason }) };
}

/** XEP-0249 §2: to the person, naming the room. */
function direct(x: Element, reading: Reading, context: ReadContext): Reading {
  const { target, view, body } = context;
  if (target.kind !== 'contact') return reading;
  const { domain, local } = splitJid(x.attrs.jid ?? '');
  const room: JidTarget = domain === view.transport.domain ? view.target(local) : { kind: 'gateway' };
  // Words beside it are said all the same.
  if (room.kind !== 'room' && body !== '') return reading;
  if (room.kind !== 'room') throw new Failure('not-acceptable', { text: texts.inviteOwnRooms });
  return invitation({ person: target, room, reason: x.attrs.reason }, context);
}

/** Somebody on the network asks a user in: told by the room (XEP-0045 §7.8.2), with XEP-0249 beside it. */
function encodeInvitation(event: EventOf<'invite'>, { to, place }: WholeContext): Sending[] {
  const room = jidOf(event.room, placeTransport(event.place));
  const { reason } = event;
  const why = reason === undefined ? undefined : xml`<reason>${reason}</reason>`;
  return [
    {
      name: 'message',
      id: event.id,
      from: room,
      to: to.map(({ jid }) => jid),
      children: [
        xml`<x xmlns='http://jabber.org/protocol/muc#user'><invite from='${place}'>${why}</invite></x>`,
        xml`<x xmlns='jabber:x:conference'${attrs({ jid: room, reason })}/>`,
      ],
    },
  ];
}
