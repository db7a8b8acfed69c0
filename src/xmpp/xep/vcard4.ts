// XEP-0292: vCard4 Over XMPP, version 0.12.0.
import type { Card } from '#src/core/index.ts';
import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';
import { askPerson } from './person.ts';
import { cardOf, factText } from './vcard.ts';

const VCARD = 'urn:ietf:params:xml:ns:vcard-4.0';

export const vcard4: Extension = {
  xep: { number: '0292', title: 'vCard4 Over XMPP', version: '0.12.0', part: 'cards of people, by request' },
  features: { contact: [VCARD] },
  // §4.1.1
  iq: {
    [`get/${VCARD} vcard`](request) {
      if (request.kind === 'occupant') askedOccupant(request, 'not-joined');
      return askPerson(request, async (asked, person) => vcard4Element(await cardOf(asked, person), person.who));
    },
  },
};

/** RFC 6351 §5: how a network person is called, looks and is reached, and all else in words. */
export function vcard4Element(card: Card, who: string): Xml {
  const { name = who, picture, facts, address } = card;
  const words = factText(facts);
  return xml`<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'>${[
    xml`<fn><text>${name}</text></fn>`,
    xml`<nickname><text>${who}</text></nickname>`,
    picture && xml`<photo><uri>data:${picture.type};base64,${picture.data}</uri></photo>`,
    address && reached(address),
    words === '' ? undefined : xml`<note><text>${words}</text></note>`,
  ]}</vcard>`;
}

/** RFC 6350 §6.4 */
function reached(address: string): Xml {
  if (address.startsWith('tel:')) return xml`<tel><uri>${address}</uri></tel>`;
  return xml`<impp><uri>${address}</uri></impp>`;
}
