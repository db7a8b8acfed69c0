// XEP-0308: Last Message Correction, version 1.2.1.
import type { XmppId } from '#src/model/ids.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension } from './extension.ts';

const CORRECT = 'urn:xmpp:message-correct:0';

/** Advertised where the table of a network makes something of it, if only a text of its own. */
export const correction: Extension = {
  xep: { number: '0308', title: 'Last Message Correction', version: '1.2.1' },
  features: (transport) => carriedIn(transport, 'edit', CORRECT),
  reads: {
    // §3: the whole new text in the place of the message with this id. Who does not know it reads the text as it is.
    [`${CORRECT} replace`]: ({ attrs: { id } }, reading, { understood }) => {
      if (reading.kind !== 'message' || reading.text === '' || id === undefined) return reading;
      understood.push(CORRECT);
      return { kind: 'edit', target: id as XmppId, text: reading.text };
    },
  },
  writes: { edit: ({ target }) => [xml`<replace xmlns='urn:xmpp:message-correct:0' id='${target}'/>`] },
};
