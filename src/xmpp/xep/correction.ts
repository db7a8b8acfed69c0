// XEP-0308: Last Message Correction, version 1.2.1.
import type { Element } from 'ltx';
import type { XmppId } from '#src/model/ids.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

const CORRECT = 'urn:xmpp:message-correct:0';

/** Advertised where the table of a network makes something of it, if only a text of its own. */
export const correction: Extension = {
  xep: { number: '0308', title: 'Last Message Correction', version: '1.2.1' },
};

/** §3: the id of the message that this one stands in the place of. */
export const replacedBy = (message: Element): XmppId | undefined =>
  childOf(message, 'replace', CORRECT)?.attrs.id as XmppId | undefined;
