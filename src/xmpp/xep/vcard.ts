// XEP-0054: vcard-temp, version 1.3.0: what a network says of a person, and what a user shows.
import { createHash } from 'node:crypto';
import type { Element } from 'ltx';
import type { Card } from '#src/core/index.ts';
import { roomCard } from '#src/xmpp/muc/avatar.ts';
import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { own, ownText } from './elements.ts';
import type { Extension, Request, Route } from './extension.ts';
import { type AskedPerson, askPerson } from './person.ts';

const VCARD = 'vcard-temp';

const answer: Route = (request) => {
  if (request.kind === 'room') return roomCard(request);
  if (request.kind === 'occupant') askedOccupant(request, 'not-joined');
  return askPerson(request, async (asked, person) => cardElement(await cardOf(asked, person), person.who));
};

export const vcard: Extension = {
  xep: { number: '0054', title: 'vcard-temp', version: '1.3.0' },
  features: { contact: [VCARD] },
  iq: { [`get/${VCARD} vCard`]: answer },
};

export const cardOf = ({ core, user, view }: Request, person: AskedPerson): Promise<Card> =>
  core.card(person, view.transport.domain, user);

/** The name, the name on the network, the picture, how they are reached there, and everything else in words. */
function cardElement({ name = '', picture, facts, address }: Card, who: string): Xml {
  const words = factText(facts);
  return xml`<vCard xmlns='vcard-temp'>${[
    xml`<FN>${name || who}</FN>`,
    xml`<NICKNAME>${who}</NICKNAME>`,
    picture && xml`<PHOTO><TYPE>${picture.type}</TYPE><BINVAL>${picture.data}</BINVAL></PHOTO>`,
    address && reached(address),
    words === '' ? undefined : xml`<DESC>${words}</DESC>`,
  ]}</vCard>`;
}

export const factText = (facts: Card['facts']): string =>
  Object.entries(facts)
    .map(([fact, value]) => `${fact}: ${value}`)
    .join('\n');

function reached(address: string): Xml {
  if (address.startsWith('tel:')) return xml`<TEL><NUMBER>${address.slice('tel:'.length)}</NUMBER></TEL>`;
  return xml`<URL>${address}</URL>`;
}

export const cardQuestion = xml`<vCard xmlns='vcard-temp'/>`;

/** What the server of a user has answered: how they want to be called, and their picture where it is a raster. */
export function cardIn(answer: Element): Pick<Card, 'name' | 'picture'> {
  const card = answer.getChild('vCard', VCARD);
  const name = card && (ownText(card, 'NICKNAME')?.trim() || ownText(card, 'FN')?.trim());
  const [photo] = card ? own(card, 'PHOTO') : [];
  const data = (photo && ownText(photo, 'BINVAL')?.replace(/\s/g, '')) || '';
  const type = (photo && ownText(photo, 'TYPE')?.trim().toLowerCase()) || 'image/png';
  const isPicture = data !== '' && /^image\/(?:png|jpeg|gif|webp|avif)$/.test(type);
  return { ...(name && { name }), ...(isPicture && { picture: { sha1: sha1Of(data), type, data } }) };
}

const sha1Of = (base64: string): string => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex');
