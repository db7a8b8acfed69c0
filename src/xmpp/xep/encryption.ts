// XEP-0380: Explicit Message Encryption, version 0.4.0.

import type { Element } from 'ltx';
import { messageTexts as texts } from '#mappings/texts/messages.ts';
import { Failure } from '#src/model/failure.ts';
import type { Extension } from './extension.ts';

type Sign = (child: Element, body: string | undefined) => boolean;

/** What is inside of these elements only a client could read. By name: with a body, without one. */
const SIGNS: ReadonlyMap<string, Sign> = new Map<string, Sign>([
  // XEP-0373 §3, XEP-0027 §3: the content is always inside.
  ['openpgp', (child) => child.getNS() === 'urn:xmpp:openpgp:0'],
  ['x', (child) => child.getNS() === 'jabber:x:encrypted'],
  // XEP-0384 §4.5: without a payload it only carries keys, which are nothing to be told about.
  ['encrypted', (child, body) => body !== undefined || child.getChild('payload') !== undefined],
  // XEP-0380 §3: says how the message is encrypted beside a text for those who cannot read it.
  ['encryption', (child, body) => body !== undefined && child.getNS() === 'urn:xmpp:eme:0'],
]);

const sealed = (): Failure => new Failure('not-acceptable', { text: texts.encrypted });

/** XEP-0364 §3: such a text is a cipher or an offer to make one. */
const isCipher = (body: string): boolean => body.startsWith('?OTR');

/** Nothing is advertised: what cannot be read is refused, so that a fallback text never reaches anybody. */
export const encryption: Extension = {
  xep: {
    number: '0380',
    title: 'Explicit Message Encryption',
    version: '0.4.0',
    part: 'what is encrypted is refused in words',
  },
  refuses: Object.fromEntries(
    [...SIGNS].map(([name, isSign]) => [name, (child, body) => (isSign(child, body) ? sealed() : undefined)]),
  ),
  refusesText: (body) => (isCipher(body) ? sealed() : undefined),
};

/** Whether the message has a content that only a client could read. `body` is the text beside it, if there is one. */
export function isEncrypted(message: Element, body: string | undefined): boolean {
  for (const child of message.children) {
    if (typeof child !== 'string' && SIGNS.get(child.getName())?.(child, body)) return true;
  }
  return body !== undefined && isCipher(body);
}
