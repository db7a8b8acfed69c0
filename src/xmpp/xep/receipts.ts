// XEP-0184: Message Delivery Receipts, version 1.4.0.
import type { Element } from 'ltx';
import type { XmppId } from '#src/model/ids.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import { type Extension, isBlank } from './extension.ts';

const RECEIPTS = 'urn:xmpp:receipts';

const REQUEST = xml`<request xmlns='urn:xmpp:receipts'/>`;

/** Given for what was asked for; contacts say so (§6). Asked for where the network wants to know. */
export const receipts: Extension = {
  xep: { number: '0184', title: 'Message Delivery Receipts', version: '1.4.0' },
  features: { contact: [RECEIPTS] },
  origin: { [`${RECEIPTS} request`]: (_, stanza) => (mayAsk(stanza) ? { receipt: true } : {}) },
  reads: {
    // §5.3: there are none in rooms.
    [`${RECEIPTS} received`]: ({ attrs: { id } }, reading, { stanza }) =>
      isBlank(reading) && id !== undefined && stanza.attrs.type !== 'groupchat'
        ? { kind: 'receipt', target: id as XmppId, state: 'delivered' }
        : reading,
  },
  writes: {
    message: ({ live }, { inRoom, marks }) =>
      !inRoom && live && (marks.confirm || marks.asks?.includes('receipt')) ? [REQUEST] : undefined,
  },
};

/** XEP-0184 §5.3, §5.4: asked for in a message with an id that is no error and not for a room. */
const mayAsk = ({ attrs: { id, type } }: Element): boolean =>
  id !== undefined && type !== 'error' && type !== 'groupchat';

/** The message that has arrived, where a stanza says so of one. */
export const receivedId = (stanza: Element): XmppId | undefined =>
  childOf(stanza, 'received', RECEIPTS)?.attrs.id as XmppId | undefined;

/** XEP-0184 §7: the message with this id has arrived. */
export const receivedElement = (id: string): Xml => xml`<received xmlns='urn:xmpp:receipts' id='${id}'/>`;
