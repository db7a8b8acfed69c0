// XEP-0424: Message Retraction, version 0.4.2.

import { lineTexts as texts } from '#mappings/texts/lines.ts';
import type { Retracted } from '#src/core/index.ts';
import type { XmppId } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { occupantJid } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { stampOf } from './datetime.ts';
import { childOf } from './elements.ts';
import { aboutId, carriedIn, type Extension, languageIn, type ReadContext, type Reading } from './extension.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
/** Of versions before 0.4, with XEP-0422 around it. */
const RETRACT_0 = 'urn:xmpp:message-retract:0';

/** Advertised where the table of a network makes something of it, if only a line that says so. */
export const retraction: Extension = {
  xep: { number: '0424', title: 'Message Retraction', version: '0.4.2' },
  features: (transport) => carriedIn(transport, 'retract', RETRACT),
  reads: {
    [`${RETRACT} retract`]: ({ attrs: { id } }, reading, context) => retracted(id, reading, context),
    'urn:xmpp:fasten:0 apply-to': (child, reading, context) =>
      childOf(child, 'retract', RETRACT_0) ? retracted(child.attrs.id, reading, context) : reading,
  },
  // §3.1: words for clients that do not know it.
  fallbacks: {
    retract({ place, reason }, { marks }) {
      const text = `/me ${wordsIn(texts.tookBack, languageIn(place, marks))}${because(reason)}`;
      return { of: RETRACT, text, at: 'end' };
    },
  },
  writes: {
    // §5: what stands in archives where a message was; XEP-0425 §5: with who had it removed.
    message: (_, { place, marks: { retracted } }) => retracted && [tombstone(retracted, place)],
    retract: (event, context) => [xml`<retract xmlns='urn:xmpp:message-retract:1' id='${aboutId(event, context)}'/>`],
  },
};

/** §3.1: the id of the message that its sender takes back. The text beside it is for clients that do not know this. */
function retracted(id: string | undefined, reading: Reading, { understood }: ReadContext): Reading {
  if (id === undefined) return reading;
  understood.push(RETRACT);
  return { kind: 'retract', target: id as XmppId };
}

function tombstone({ id, at, by, reason }: Retracted, room: string): Xml {
  const stamp = stampOf(at);
  if (by === undefined) return xml`<retracted xmlns='urn:xmpp:message-retract:1' id='${id}' stamp='${stamp}'/>`;
  const why = reason === undefined ? undefined : xml`<reason>${reason}</reason>`;
  return xml`<retracted xmlns='urn:xmpp:message-retract:1' stamp='${stamp}'><moderated xmlns='urn:xmpp:message-moderate:1' by='${occupantJid(room, by)}'/>${why}</retracted>`;
}

const because = (reason: string | undefined): string => (reason ? `: ${reason}` : '');
