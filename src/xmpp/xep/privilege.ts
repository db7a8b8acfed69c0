// XEP-0356: Privileged Entity, version 0.4.1: what the server of users lets a component do in their names.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { elements } from './elements.ts';
import type { Extension, Sending } from './extension.ts';

/** Servers know the one or the other: the newest first. */
const NAMESPACES = ['urn:xmpp:privilege:2', 'urn:xmpp:privilege:1'] as const;
export type Privilege = (typeof NAMESPACES)[number];

/** What may be asked: whether it is read, written, or both. */
type Access = 'get' | 'set';

/** What a server lets one of our domains do for its users. */
export type Grant = {
  readonly namespace: Privilege;
  /** §6: messages in their names. */
  readonly messages: boolean;
  /** §7: their presence comes by itself. */
  readonly presence: boolean;
  /** §5: their rosters. */
  roster(access: Access): boolean;
  /** §4.1: requests in their names, by the namespace of the payload. */
  iq(namespace: string, access: Access): boolean;
};

export const privilege: Extension = {
  xep: { number: '0356', title: 'Privileged Entity', version: '0.4.1' },
};

const allows = (given: string | undefined, access: Access): boolean => given === access || given === 'both';

/** All below an element: Prosody 0.12 nests the namespaces of requests in each other. */
function descendants(of: Element): Element[] {
  return elements(of).flatMap((child) => [child, ...descendants(child)]);
}

/** What a server says that its component may do, all of it at once (§4.1, §4.2); `null` for nothing at all. */
export function grantOf(stanza: Element): Grant | null | undefined {
  if (stanza.name !== 'message') return undefined;
  const found = NAMESPACES.map((namespace) => stanza.getChild('privilege', namespace)).find(
    (child) => child !== undefined,
  );
  if (!found || found.getChild('forwarded', FORWARDED)) return undefined;
  const perms = elements(found).filter(({ attrs: { type, access } }) => type !== 'none' && access !== undefined);
  const typeOf = (access: string): string | undefined => perms.find(({ attrs }) => attrs.access === access)?.attrs.type;
  const requests = new Map(
    perms
      .filter(({ attrs }) => attrs.access === 'iq')
      .flatMap(descendants)
      .map(({ attrs }) => [attrs.ns ?? '', attrs.type]),
  );
  if (perms.length === 0) return null;
  return {
    namespace: found.getNS() as Privilege,
    messages: typeOf('message') === 'outgoing',
    presence: typeOf('presence') !== undefined,
    roster: (access) => allows(typeOf('roster'), access),
    iq: (namespace, access) => allows(requests.get(namespace), access),
  };
}

const FORWARDED = 'urn:xmpp:forward:0';

/** §6: a message in the name of the user, as the server of that user passes it on. */
export function privileged(
  { to, id, children }: Pick<Sending, 'id' | 'children'> & { readonly to: string },
  by: { readonly user: string; readonly namespace: Privilege },
): Xml {
  const message = xml`<message xmlns='jabber:client' type='chat' from='${by.user}' to='${to}' id='${id}'>${children}</message>`;
  const forwarded = xml`<forwarded xmlns='urn:xmpp:forward:0'>${message}</forwarded>`;
  return xml`<privilege xmlns='${by.namespace}'>${forwarded}</privilege>`;
}

/** §4.1: a request in the name of a user to their own account, or to a service. */
export const privilegedIq = (to: string, { type, id, payload }: { type: Access; id: string; payload: Xml }): Xml =>
  xml`<privileged_iq xmlns='urn:xmpp:privilege:2'><iq xmlns='jabber:client' type='${type}' to='${to}' id='${id}'>${payload}</iq></privileged_iq>`;

/** What the account has answered to such a request, inside of what its server has answered; nothing where it has not. */
export function privilegedAnswer(outer: Element): Element | undefined {
  const found = outer.getChild('privilege', 'urn:xmpp:privilege:2');
  return found?.getChild('forwarded', FORWARDED)?.getChild('iq');
}
