// XEP-0184: Message Delivery Receipts, version 1.4.0.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

const RECEIPTS = 'urn:xmpp:receipts';

/** Given for what was asked for; contacts say so (§6). */
export const receipts: Extension = {
  xep: { number: '0184', title: 'Message Delivery Receipts', version: '1.4.0' },
  features: { contact: [RECEIPTS] },
};

/** XEP-0184 §5.3, §5.4: asked for in a message with an id that is no error and not for a room. */
export const asksReceipt = (stanza: Element): boolean =>
  stanza.name === 'message' &&
  stanza.attrs.id !== undefined &&
  stanza.attrs.type !== 'error' &&
  stanza.attrs.type !== 'groupchat' &&
  childOf(stanza, 'request', RECEIPTS) !== undefined;

/** XEP-0184 §7: the message with this id has arrived. */
export const receivedElement = (id: string): Xml => xml`<received xmlns='urn:xmpp:receipts' id='${id}'/>`;
