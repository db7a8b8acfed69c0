// XEP-0045: Multi-User Chat, version 1.34.6: what occupants hear of the room itself (§10.2.1, §10.9).
import type { EventOf } from '#src/model/event.ts';
import { placeTransport } from '#src/model/place.ts';
import { jidOf, occupantJid } from '#src/xmpp/stanza/jid.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import type { Sending, WholeContext } from '#src/xmpp/xep/extension.ts';

/** A room has ended, or its name, picture or settings are others. */
export function encodeRoom(event: EventOf<'room'>, context: WholeContext): Sending[] {
  const { change, id } = event;
  if (change === 'destroyed') return destroyed(event, context);
  const to = context.to.map(({ jid }) => jid);
  // What else there is about rooms is for members who are not there.
  if (to.length === 0 || change === 'listed' || change === 'left') return [];
  // §10.2.1: 104 has clients ask anew what is known of the room; so it is with pictures (XEP-0486 §4.2).
  const children = [xml`<x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>`];
  return [{ name: 'message', type: 'groupchat', id, from: context.place, to, children }];
}

/** §10.9: each occupant leaves by a presence of its own. */
function destroyed({ place, alternate, text }: EventOf<'room'>, { to, place: room }: WholeContext): Sending[] {
  const jid = alternate === undefined ? undefined : jidOf(alternate, placeTransport(place));
  const reason = text === undefined ? undefined : xml`<reason>${text}</reason>`;
  const children = [
    xml`<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/><destroy${attrs({ jid })}>${reason}</destroy><status code='110'/></x>`,
  ];
  return to.map((reader) => ({
    name: 'presence',
    type: 'unavailable',
    from: occupantJid(room, reader.nick ?? ''),
    to: [reader.jid],
    children,
  }));
}
