// XEP-0163: Personal Eventing Protocol, version 1.2.2: how people look, in both directions.
import type { Element } from 'ltx';
import type { Card } from '#src/core/index.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, elements, own } from './elements.ts';
import type { Extension, Request, Sending, WholeContext } from './extension.ts';
import { nickElements } from './nick.ts';
import { askPerson } from './person.ts';
import { AVATAR_DATA, AVATAR_METADATA, avatarIn, dataOf, metadataItem, metadataOf } from './user-avatar.ts';
import { cardOf } from './vcard.ts';
import { vcard4Element } from './vcard4.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const EVENT = 'http://jabber.org/protocol/pubsub#event';
const NICK = 'http://jabber.org/protocol/nick';
const VCARD4 = 'urn:xmpp:vcard4';

/** The nodes of a contact, with what is in them; nothing where a contact has no such thing. */
const NODES: Readonly<Record<string, (card: Card, who: string) => Xml | undefined>> = {
  [AVATAR_METADATA]: metadataOf,
  [AVATAR_DATA]: dataOf,
  [NICK]: ({ name }, who) => xml`<item id='current'>${nickElements(name ?? who)}</item>`,
  [VCARD4]: (card, who) => xml`<item id='current'>${vcard4Element(card, who)}</item>`,
};

export const pep: Extension = {
  xep: { number: '0163', title: 'Personal Eventing Protocol', version: '1.2.2', part: 'names, cards and pictures' },
  // XEP-0060 §5.4
  features: { contact: [PUBSUB, `${PUBSUB}#retrieve-items`] },
  iq: { [`get/${PUBSUB} pubsub`]: itemsOf },
  sends: { profile: notifications },
};

/** XEP-0060 §6.5 */
function itemsOf(request: Request): Promise<Xml> {
  if (request.kind === 'occupant') askedOccupant(request, 'not-joined');
  const asked = childOf(request.payload, 'items', PUBSUB);
  const node = asked?.attrs.node ?? '';
  const of = Object.hasOwn(NODES, node) ? NODES[node] : undefined;
  if (!asked || !of) throw new Failure('item-not-found');
  const wanted = own(asked, 'item').map(({ attrs }) => attrs.id);
  return askPerson(request, async (whole, person) => {
    const card = cached(whole, node, wanted) ?? (await cardOf(whole, person));
    const item = of(card, person.who);
    // XEP-0084 §4.2.2: data is asked for by its hash.
    if (!item || (node === AVATAR_DATA && wanted.length > 0 && !wanted.includes(card.picture?.sha1)))
      throw new Failure('item-not-found');
    return xml`<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='${node}'>${item}</items></pubsub>`;
  });
}

/** A picture of which clients have just heard is not asked for on its network. */
function cached({ core }: Request, node: string, [id]: readonly (string | undefined)[]): Card | undefined {
  const picture = node === AVATAR_DATA && id !== undefined ? core.picture(id) : undefined;
  return picture && { picture, facts: {} };
}

/** §4.3: what changed of a contact, as their server would tell those who see them. */
function notifications({ name, avatar }: EventOf<'profile'>, { to, place, inRoom }: WholeContext): Sending[] {
  if (inRoom) return [];
  const told = (node: string, item: Xml): Sending => ({
    name: 'message',
    type: 'headline',
    from: place,
    to: to.map(({ jid }) => jid),
    children: [
      xml`<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='${node}'>${item}</items></event>`,
    ],
  });
  const isKnown = avatar === null || (avatar !== undefined && 'data' in avatar);
  return [
    ...(name === undefined ? [] : [told(NICK, xml`<item id='current'>${nickElements(name)}</item>`)]),
    ...(isKnown ? [told(AVATAR_METADATA, metadataItem(avatar))] : []),
  ];
}

/** How a user looks now, as their own server tells it; nothing where a message is no such event. */
export function looksIn(message: Element): { readonly photo?: string; readonly name?: string } | undefined {
  const event = childOf(message, 'event', EVENT);
  const items = event && childOf(event, 'items', EVENT);
  const item = items && elements(items).find((one) => one.getName() === 'item');
  if (!items) return undefined;
  if (items.attrs.node === NICK) {
    const name = item && childOf(item, 'nick', NICK)?.getText().trim();
    return name ? { name } : {};
  }
  const photo = items.attrs.node === AVATAR_METADATA && item ? avatarIn(item) : undefined;
  return photo !== undefined && /^([0-9a-f]{40})?$/.test(photo) ? { photo } : {};
}
