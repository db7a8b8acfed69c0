// XEP-0245: The /me Command, version 1.0.
import type { MessageStyle } from '#src/model/event.ts';
import type { Extension } from './extension.ts';

/** XEP-0245 has no feature to advertise: every client knows it. */
export const meCommand: Extension = {
  xep: { number: '0245', title: 'The /me Command', version: '1.0' },
  readText(reading) {
    if (reading.kind === 'edit') {
      const { text, style } = readBody(reading.text);
      return style === 'action' ? { ...reading, text, style } : reading;
    }
    return reading.kind === 'message' && reading.style === 'plain'
      ? { ...reading, ...readBody(reading.text) }
      : reading;
  },
  // Where a message was there are no words of it.
  says: {
    message: ({ text, style }, { marks }) => (marks.retracted ? undefined : writeBody(text, style)),
    edit: ({ text, style }) => writeBody(text, style ?? 'plain'),
  },
};

const ME = '/me ';

/** A body as text and style. */
function readBody(body: string): { text: string; style: Exclude<MessageStyle, 'notice'> } {
  // XEP-0245 §2: exactly these four characters, at the start.
  if (!body.startsWith(ME) || body.length === ME.length) return { text: body, style: 'plain' };
  return { text: body.slice(ME.length), style: 'action' };
}

/** The body that shows a text in its style. A notice has no form of its own in XMPP. */
function writeBody(text: string, style: MessageStyle): string {
  if (style === 'plain') return text;
  return style === 'action' ? ME + text : `[notice] ${text}`;
}
