// XEP-0356: Privileged Entity, version 0.4.1: messages in a user's name.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { elements } from './elements.ts';
import type { Extension, Sending } from './extension.ts';

/** Servers know the one or the other: the newest first. */
const NAMESPACES = ['urn:xmpp:privilege:2', 'urn:xmpp:privilege:1'] as const;
export type Privilege = (typeof NAMESPACES)[number];

export const privilege: Extension = {
  xep: { number: '0356', title: 'Privileged Entity', version: '0.4.1', part: 'what users write in other clients' },
};

/** Whether a server says what its component may do, and by which namespace that may write for users; `null` for not at all. */
export function grantOf(stanza: Element): Privilege | null | undefined {
  const found = NAMESPACES.map((namespace) => stanza.getChild('privilege', namespace)).find(
    (child) => child !== undefined,
  );
  if (stanza.name !== 'message' || !found) return undefined;
  // §4.1
  const may = elements(found).some(({ attrs }) => attrs.access === 'message' && attrs.type === 'outgoing');
  return may ? (found.getNS() as Privilege) : null;
}

/** §6: a message in the name of the user, as the server of that user passes it on. */
export function privileged(
  { to, id, children }: Pick<Sending, 'id' | 'children'> & { readonly to: string },
  by: { readonly user: string; readonly namespace: Privilege },
): Xml {
  const message = xml`<message xmlns='jabber:client' type='chat' from='${by.user}' to='${to}' id='${id}'>${children}</message>`;
  const forwarded = xml`<forwarded xmlns='urn:xmpp:forward:0'>${message}</forwarded>`;
  return xml`<privilege xmlns='${by.namespace}'>${forwarded}</privilege>`;
}
