// XEP-0424: Message Retraction, version 0.4.2.
import type { XmppId } from '#src/model/ids.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import { aboutId, carriedIn, type Extension, type ReadContext, type Reading } from './extension.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
/** Of versions before 0.4, with XEP-0422 around it. */
const RETRACT_0 = 'urn:xmpp:message-retract:0';

/** Advertised where the table of a network makes something of it, if only a line that says so. */
export const retraction: Extension = {
  xep: { number: '0424', title: 'Message Retraction', version: '0.4.2', part: 'without tombstones' },
  features: (transport) => carriedIn(transport, 'retract', RETRACT),
  reads: {
    [`${RETRACT} retract`]: ({ attrs: { id } }, reading, context) => retracted(id, reading, context),
    'urn:xmpp:fasten:0 apply-to': (child, reading, context) =>
      childOf(child, 'retract', RETRACT_0) ? retracted(child.attrs.id, reading, context) : reading,
  },
  // §3.1: words for clients that do not know it.
  fallbacks: {
    retract: ({ reason }) => ({ of: RETRACT, text: `/me took a message back${because(reason)}`, at: 'end' }),
  },
  writes: {
    retract: (event, context) => [xml`<retract xmlns='urn:xmpp:message-retract:1' id='${aboutId(event, context)}'/>`],
  },
};

/** §3.1: the id of the message that its sender takes back. The text beside it is for clients that do not know this. */
function retracted(id: string | undefined, reading: Reading, { understood }: ReadContext): Reading {
  if (id === undefined) return reading;
  understood.add(RETRACT);
  return { kind: 'retract', target: id as XmppId };
}

const because = (reason: string | undefined): string => (reason ? `: ${reason}` : '');
