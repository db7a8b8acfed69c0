// XEP-0172: User Nickname, version 1.1.
import { shownName } from '#mappings/names.ts';
import { memo } from '#src/lib/memo.ts';
import { splitJid, unescapeLocal } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** XEP-0172 has no feature that a sender would advertise. */
export const nick: Extension = {
  xep: {
    number: '0172',
    title: 'User Nickname',
    version: '1.1',
    part: 'in messages, presence and requests of contacts',
  },
  // In a room the resource says it.
  accompanies: ({ kind, from }, { inRoom, place, marks: { occupant } }) =>
    kind === 'message' && !inRoom && occupant === undefined && from.kind === 'network' && !from.self
      ? nickElementsBeside(place, from.name ?? '')
      : undefined,
};

const shown = memo(2000, shownName);

/** What somebody is called, in one line. */
export const nickElements = (name: string): Xml[] =>
  name === '' ? [] : [xml`<nick xmlns='http://jabber.org/protocol/nick'>${shown(name)}</nick>`];

/** The same, and nothing where the address says it already. */
export function nickElementsBeside(jid: string, name: string): Xml[] {
  const { local } = splitJid(jid);
  return local === '' || unescapeLocal(local).toLowerCase() === name.toLowerCase() ? [] : nickElements(name);
}
