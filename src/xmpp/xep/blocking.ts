// XEP-0191: Blocking Command, version 1.3: the lists of users' own servers, read where these let us (XEP-0356).
import type { Element } from 'ltx';
import { Failure } from '#src/model/failure.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { View } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { own } from './elements.ts';
import type { Extension, Request } from './extension.ts';

export const BLOCKING = 'urn:xmpp:blocking';

/** §3.2 */
export const blockList: Xml = xml`<blocklist xmlns='urn:xmpp:blocking'/>`;

/** What a list names of ours: foreign addresses, the empty one where it is the whole domain. */
export function blockedIds(list: Element, { transport: { domain }, target }: View): string[] {
  return own(list, 'item').flatMap(({ attrs: { jid = '' } }) => {
    const at = splitJid(jid);
    return at.domain === domain ? idOf(at.local, target) : [];
  });
}

function idOf(local: string, target: View['target']): string[] {
  try {
    const found = target(local);
    return found.kind === 'gateway' ? [''] : found.kind === 'contact' ? [found.id] : [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** §3.3, §3.4: a change of the list, told by the server of the user or by a client. */
const change =
  (how: 'block' | 'unblock') =>
  ({ payload, core, kind, user, view }: Request): undefined => {
    core.admit(user);
    if (kind !== 'gateway') throw new Failure('service-unavailable');
    const ids = blockedIds(payload, view);
    // Without an item it is about everybody; with items of others alone about nobody here.
    if (ids.length > 0 || own(payload, 'item').length === 0) core.blocks(view.transport.domain, user, { how, ids });
    return undefined;
  };

export const blocking: Extension = {
  xep: {
    number: '0191',
    title: 'Blocking Command',
    version: '1.3',
    part: 'the list of the user’s server, and what it tells of it',
  },
  iq: { [`set/${BLOCKING} block`]: change('block'), [`set/${BLOCKING} unblock`]: change('unblock') },
};
