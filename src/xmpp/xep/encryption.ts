// XEP-0380: Explicit Message Encryption, version 0.4.0.
import type { Element } from 'ltx';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

/** Nothing is advertised: what cannot be read is refused, so that a fallback text never reaches anybody. */
export const encryption: Extension = {
  xep: { number: '0380', title: 'Explicit Message Encryption', version: '0.4.0' },
};

/** Whether the message has a content that only a client could read. `body` is the text beside it, if there is one. */
export function isEncrypted(message: Element, body: string | undefined): boolean {
  // XEP-0373 §3, XEP-0027 §3: the content is always inside.
  if (childOf(message, 'openpgp', 'urn:xmpp:openpgp:0') || childOf(message, 'x', 'jabber:x:encrypted')) return true;
  // XEP-0384 §4.5: without a payload it only carries keys, which are nothing to be told about.
  const omemo = message.getChild('encrypted');
  if (omemo) return body !== undefined || omemo.getChild('payload') !== undefined;
  if (body === undefined) return false;
  // XEP-0364 §3: such a text is a cipher or an offer to make one.
  return childOf(message, 'encryption', 'urn:xmpp:eme:0') !== undefined || body.startsWith('?OTR');
}
