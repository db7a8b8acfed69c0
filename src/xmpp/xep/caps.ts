// XEP-0115: Entity Capabilities, version 1.6.0: what contacts can, by one hash for all of a network.
import { createHash } from 'node:crypto';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

export const caps: Extension = {
  xep: {
    number: '0115',
    title: 'Entity Capabilities',
    version: '1.6.0',
    part: 'of contacts, which share one hash, and of a gateway that wants to know how users look',
  },
};

/** Whose capabilities they are: a contact's, or those of a gateway that has its network told of users. */
export type CapsOwner = 'contact' | 'gateway';

/** §4: what says what software this is. */
const NODES: Readonly<Record<CapsOwner, string>> = { contact: 'urn:isthmus:contact', gateway: 'urn:isthmus:gateway' };

/** A person has no name here: the hash would be another for each of them. */
const IDENTITIES: Readonly<Record<CapsOwner, readonly (readonly [category: string, type: string])[]>> = {
  contact: [
    ['account', 'registered'],
    ['pubsub', 'pep'],
  ],
  gateway: [['gateway', 'xmpp']],
};

/** XEP-0163 §4.3.2: what the servers of users tell whoever has such features. */
export const WISHES = [
  'http://jabber.org/protocol/disco#info',
  'http://jabber.org/protocol/nick+notify',
  'urn:xmpp:avatar:metadata+notify',
] as const;

const known = new WeakMap<readonly string[], string>();

/** §5.1: the hash of what somebody can. Lists of features belong to one owner each. */
export function capsHash(features: readonly string[], owner: CapsOwner = 'contact'): string {
  const found = known.get(features);
  if (found !== undefined) return found;
  const identities = IDENTITIES[owner].map(([category, type]) => `${category}/${type}//`);
  const text = [...identities, ...new Set([...features].sort())].map((one) => `${one}<`).join('');
  const hash = createHash('sha1').update(text).digest('base64');
  known.set(features, hash);
  return hash;
}

/** In the presence of a contact, or of the gateway. */
export const capsElements = (hash: string | undefined, owner: CapsOwner = 'contact'): Xml[] =>
  hash === undefined
    ? []
    : [xml`<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${NODES[owner]}' ver='${hash}'/>`];

/** §6.2: what the hash stands for, where a request names it. */
export function capsInfo(node: string, features: readonly string[], owner: CapsOwner = 'contact'): Xml | undefined {
  if (node !== `${NODES[owner]}#${capsHash(features, owner)}`) return undefined;
  const identities = IDENTITIES[owner].map(
    ([category, type]) => xml`<identity category='${category}' type='${type}'/>`,
  );
  const vars = [...new Set(features)].map((feature) => xml`<feature var='${feature}'/>`);
  return xml`<query xmlns='http://jabber.org/protocol/disco#info' node='${node}'>${identities}${vars}</query>`;
}
