// XEP-0249: Direct MUC Invitations, version 1.2; with the mediated ones of XEP-0045 (version 1.34.6) §7.8.2.
import type { Element } from 'ltx';
import type { Recipient } from '#src/core/index.ts';
import type { Draft, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Sending } from '#src/xmpp/stanza/encode.ts';
import { jidOf, splitJid } from '#src/xmpp/stanza/jid.ts';
import {
  assertHere,
  type Envelope,
  partyOf,
  type RoomTarget,
  roomPlace,
  type Target,
} from '#src/xmpp/stanza/target.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, ownText } from '#src/xmpp/xep/elements.ts';
import type { Extension } from '#src/xmpp/xep/extension.ts';

const MUC_USER = 'http://jabber.org/protocol/muc#user';
const DIRECT = 'jabber:x:conference';

export const invitations: Extension = {
  xep: { number: '0249', title: 'Direct MUC Invitations', version: '1.2' },
  // XEP-0249 §4: people of the network take invitations.
  features: { contact: [DIRECT] },
};

type Addressed = Envelope & { readonly target: Target };
type Invited = { readonly person: Target; readonly room: RoomTarget; readonly reason: string | undefined };

/** The invitation that a message is, either through a room or to a person. Throws a `Failure` for what is none of ours. */
export function decodeInvitation(stanza: Element, envelope: Addressed): Draft | undefined {
  const found = envelope.target.kind === 'room' ? mediated(stanza, envelope) : direct(stanza, envelope);
  if (!found) return undefined;
  const { person, room, reason } = found;
  assertHere(room);
  if (person.kind !== 'contact' || person.realm !== room.realm)
    throw new Failure('item-not-found', { text: 'Only people of the network that the room is on can be invited.' });
  const { view, from } = envelope;
  const place = { kind: 'contact', account: accountKey(from.bare, view.transport), id: person.id } as const;
  return { kind: 'invite', place, from: partyOf(from), room: room.id, ...(reason && { reason }) };
}

/** XEP-0045 §7.8.2: to the room, which asks somebody in. */
function mediated(stanza: Element, { target, to, from, view }: Addressed): Invited | undefined {
  const x = childOf(stanza, 'x', MUC_USER);
  const invites = x?.getChildren('invite') ?? [];
  const [invite] = invites;
  if (!invite || target.kind !== 'room' || to.resource !== '') return undefined;
  if (invites.length > 1) throw new Failure('bad-request', { text: 'Invite one person at a time.' });
  if (view.nickOf(roomPlace(view, target, from.bare), from.full) === undefined) throw new Failure('not-joined');
  const invitee = splitJid(invite.attrs.to ?? '');
  const person: Target = invitee.domain === view.transport ? view.target(invitee.local) : { kind: 'gateway' };
  return { person, room: target, reason: invite.getChildText('reason') ?? undefined };
}

/** XEP-0249 §2: to the person, naming the room. */
function direct(stanza: Element, { target, view }: Addressed): Invited | undefined {
  const x = childOf(stanza, 'x', DIRECT);
  if (!x || target.kind !== 'contact') return undefined;
  const { domain, local } = splitJid(x.attrs.jid ?? '');
  const room: Target = domain === view.transport ? view.target(local) : { kind: 'gateway' };
  // Words beside it are said all the same.
  if (room.kind !== 'room' && ownText(stanza, 'body')) return undefined;
  if (room.kind !== 'room')
    throw new Failure('not-acceptable', { text: 'People of this network can only be invited to its own rooms.' });
  return { person: target, room, reason: x.attrs.reason };
}

/** Somebody on the network asks a user in: told by the room (XEP-0045 §7.8.2), with XEP-0249 beside it. */
export function encodeInvitation(event: EventOf<'invite'>, to: readonly Recipient[], place: string): Sending[] {
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
