// XEP-0115: Entity Capabilities, version 1.6.0: what contacts can, by one hash for all of a network.
import { createHash } from 'node:crypto';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

export const caps: Extension = {
  xep: { number: '0115', title: 'Entity Capabilities', version: '1.6.0', part: 'of contacts, which share one hash' },
};

/** §4: what says what software this is. */
const NODE = 'urn:isthmus:contact';

/** A person has no name here: the hash would be another for each of them. */
const IDENTITY = xml`<identity category='account' type='registered'/>`;

const known = new WeakMap<readonly string[], string>();

/** §5.1: the hash of what contacts can. */
export function capsHash(features: readonly string[]): string {
  const found = known.get(features);
  if (found !== undefined) return found;
  const text = ['account/registered//', ...new Set([...features].sort())].map((one) => `${one}<`).join('');
  const hash = createHash('sha1').update(text).digest('base64');
  known.set(features, hash);
  return hash;
}

/** In the presence of a contact. */
export const capsElements = (hash: string | undefined): Xml[] =>
  hash === undefined
    ? []
    : [xml`<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${NODE}' ver='${hash}'/>`];

/** §6.2: what the hash stands for, where a request names it. */
export const capsInfo = (node: string, features: readonly string[]): Xml | undefined =>
  node === `${NODE}#${capsHash(features)}`
    ? xml`<query xmlns='http://jabber.org/protocol/disco#info' node='${node}'>${IDENTITY}${[...new Set(features)].map((feature) => xml`<feature var='${feature}'/>`)}</query>`
    : undefined;
