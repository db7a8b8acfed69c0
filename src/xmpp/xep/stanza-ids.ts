// XEP-0359: Unique and Stable Stanza IDs, version 0.7.0.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

/** Origin ids are kept, and rooms with an archive give out ids of their own, which `mam.ts` advertises (§4). */
export const stanzaIds: Extension = {
  xep: { number: '0359', title: 'Unique and Stable Stanza IDs', version: '0.7.0' },
};

/** XEP-0359 §2.2: the id that the sender's client gave. */
export const originIdOf = (message: Element): string | undefined =>
  childOf(message, 'origin-id', 'urn:xmpp:sid:0')?.attrs.id;

export const originIdElement = (id: string): Xml => xml`<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`;

/** XEP-0359 §3.1: the id under which `by` has archived the message. */
export const stanzaIdElement = (id: string, by: string): Xml =>
  xml`<stanza-id xmlns='urn:xmpp:sid:0' id='${id}' by='${by}'/>`;
