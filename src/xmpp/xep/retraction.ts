// XEP-0424: Message Retraction, version 0.4.2.
import type { Element } from 'ltx';
import type { XmppId } from '#src/model/ids.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

const RETRACT = 'urn:xmpp:message-retract:1';

/** Advertised where the table of a network makes something of it, if only a line that says so. */
export const retraction: Extension = {
  xep: { number: '0424', title: 'Message Retraction', version: '0.4.2' },
};

/** §3.1: the id of the message that its sender takes back. The text beside it is for clients that do not know this. */
export const retractedBy = (message: Element): XmppId | undefined =>
  childOf(message, 'retract', RETRACT)?.attrs.id as XmppId | undefined;
