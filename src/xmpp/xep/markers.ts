// XEP-0333: Displayed Markers, version 1.0.0.
import type { XmppId } from '#src/model/ids.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { aboutId, carriedIn, type Extension, isBlank, type Reader } from './extension.ts';

const MARKERS = 'urn:xmpp:chat-markers:0';

const MARKABLE = xml`<markable xmlns='urn:xmpp:chat-markers:0'/>`;

/** §4.2: it holds for everything before the message, too. */
const displayed: Reader = ({ attrs: { id } }, reading) =>
  isBlank(reading) && id !== undefined
    ? { kind: 'receipt', target: id as XmppId, state: 'displayed', upTo: true }
    : reading;

export const markers: Extension = {
  xep: { number: '0333', title: 'Displayed Markers', version: '1.0.0' },
  features: (transport) => carriedIn(transport, 'marker', MARKERS),
  reads: {
    [`${MARKERS} displayed`]: displayed,
    // Of versions before 1.0: more than displayed.
    [`${MARKERS} acknowledged`]: displayed,
  },
  writes: {
    // §4.1: one person is asked; in rooms it is told unasked (§5).
    message: ({ live, markable }, { inRoom, marks }) =>
      !inRoom && live && (markable || marks.asks?.includes('marker')) ? [MARKABLE] : undefined,
    receipt: (event, context) =>
      event.state === 'displayed'
        ? [xml`<displayed xmlns='urn:xmpp:chat-markers:0' id='${aboutId(event, context)}'/>`]
        : undefined,
  },
};
