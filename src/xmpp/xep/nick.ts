// XEP-0172: User Nickname, version 1.1.
import type { Party } from '#src/model/party.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** XEP-0172 has no feature that a sender would advertise. */
export const nick: Extension = {
  xep: { number: '0172', title: 'User Nickname', version: '1.1', part: 'in messages of contacts' },
  // In a room the resource says it.
  accompanies: ({ kind, from }, { inRoom }) => (kind === 'message' && !inRoom ? nickElements(from) : undefined),
};

/** §4.2: what somebody is called, in a message of theirs. Nothing where their address says it already. */
function nickElements(from: Party): Xml[] | undefined {
  if (from.kind !== 'network' || from.name === undefined) return undefined;
  if (from.name.toLowerCase() === from.id.toLowerCase()) return undefined;
  return [xml`<nick xmlns='http://jabber.org/protocol/nick'>${from.name}</nick>`];
}
