// XEP-0380: Explicit Message Encryption, version 0.4.0.

import type { Element } from 'ltx';
import { messageTexts as texts } from '#mappings/texts/messages.ts';
import { Failure } from '#src/model/failure.ts';
import type { Extension } from './extension.ts';

/** Nothing is advertised: what cannot be read is refused, so that a fallback text never reaches anybody. */
export const encryption: Extension = {
  xep: {
    number: '0380',
    title: 'Explicit Message Encryption',
    version: '0.4.0',
    part: 'what is encrypted is refused in words',
  },
  refuses: (stanza, body) =>
    isEncrypted(stanza, body) ? new Failure('not-acceptable', { text: texts.encrypted }) : undefined,
};

/** What is inside of these elements only a client could read. By name: with a body, without one. */
type Sign = (child: Element, body: string | undefined) => boolean;
const SIGNS: ReadonlyMap<string, Sign> = new Map<string, Sign>([
  // XEP-0373 §3, XEP-0027 §3: the content is always inside.
  ['openpgp', (child) => child.getNS() === 'urn:xmpp:openpgp:0'],
  ['x', (child) => child.getNS() === 'jabber:x:encrypted'],
  // XEP-0384 §4.5: without a payload it only carries keys, which are nothing to be told about.
  ['encrypted', (child, body) => body !== undefined || child.getChild('payload') !== undefined],
  // XEP-0380 §3: says how the message is encrypted beside a text for those who cannot read it.
  ['encryption', (child, body) => body !== undefined && child.getNS() === 'urn:xmpp:eme:0'],
]);

/** Whether the message has a content that only a client could read. `body` is the text beside it, if there is one. */
export function isEncrypted(message: Element, body: string | undefined): boolean {
  for (const child of message.children) {
    if (typeof child !== 'string' && SIGNS.get(child.getName())?.(child, body)) return true;
  }
  // XEP-0364 §3: such a text is a cipher or an offer to make one.
  return body?.startsWith('?OTR') ?? false;
}
