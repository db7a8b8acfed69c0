import type { Element } from 'ltx';
import type { Place } from '#src/model/place.ts';
import { type Envelope, roomPlace } from '#src/xmpp/stanza/target.ts';

/** What a server says of a full JID that takes nothing any more. */
const GONE = new Set([
  // XEP-0045 §17.1: errors in delivery, after which an occupant is removed.
  'gone',
  'item-not-found',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
  // RFC 6121 §8.5.3.2.1: groupchat to a resource that is not online.
  'service-unavailable',
]);

/** The room that the sender of a message of type error is out of, if the error says so. */
export function leftRoom(message: Element, { from, to, view }: Envelope): Place | undefined {
  if (from.resource === '') return undefined;
  const target = view.target(to.local);
  if (target.kind !== 'room') return undefined;
  const conditions = message.getChild('error')?.getChildElements() ?? [];
  return conditions.some((one) => GONE.has(one.name)) ? roomPlace(view, target, from.bare) : undefined;
}
