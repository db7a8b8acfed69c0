// XEP-0359: Unique and Stable Stanza IDs, version 0.7.0.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** Origin ids are kept, and rooms with an archive give out ids of their own, which `mam.ts` advertises (§4). */
export const stanzaIds: Extension = {
  xep: { number: '0359', title: 'Unique and Stable Stanza IDs', version: '0.7.0' },
  // §2.2: the id that the sender's client gave.
  origin: {
    'urn:xmpp:sid:0 origin-id': ({ attrs: { id } }) => (id === undefined ? {} : { originId: id }),
  },
  accompanies(_, { place, marks: { originId, stanzaId } }) {
    if (originId === undefined && stanzaId === undefined) return undefined;
    const ids: Xml[] = [];
    if (originId !== undefined) ids.push(originIdElement(originId));
    if (stanzaId !== undefined) ids.push(stanzaIdElement(stanzaId, place));
    return ids;
  },
};

const originIdElement = (id: string): Xml => xml`<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`;

/** XEP-0359 §3.1: the id under which `by` has archived the message. */
const stanzaIdElement = (id: string, by: string): Xml => xml`<stanza-id xmlns='urn:xmpp:sid:0' id='${id}' by='${by}'/>`;
