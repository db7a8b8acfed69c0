// XEP-0359: Unique and Stable Stanza IDs, version 0.7.0.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

/** Origin ids are kept. `urn:xmpp:sid:0` is not advertised (§4) before we give out stanza ids of our own. */
export const stanzaIds: Extension = {
  xep: { number: '0359', title: 'Unique and Stable Stanza IDs', version: '0.7.0' },
};

/** XEP-0359 §2.2: the id that the sender's client gave. */
export const originIdOf = (message: Element): string | undefined =>
  childOf(message, 'origin-id', 'urn:xmpp:sid:0')?.attrs.id;

export const originIdElement = (id: string): Xml => xml`<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`;
