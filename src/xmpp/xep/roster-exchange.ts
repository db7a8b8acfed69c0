// XEP-0144: Roster Item Exchange, version 1.1.1: contacts of a network, offered to clients that know it.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

export const ROSTER_EXCHANGE = 'http://jabber.org/protocol/rosterx';

export const rosterExchange: Extension = {
  xep: {
    number: '0144',
    title: 'Roster Item Exchange',
    version: '1.1.1',
    part: 'contacts of a network are offered to be added',
  },
};

/** An entry of a roster (RFC 6121 §2.1.2). */
export type RosterEntry = {
  readonly jid: string;
  readonly name?: string | undefined;
  readonly groups: readonly string[];
};

const groupsOf = ({ groups }: RosterEntry): Xml[] => groups.map((group) => xml`<group>${group}</group>`);

/** §3.1 */
export const offeredItem = (entry: RosterEntry): Xml =>
  entry.name === undefined
    ? xml`<item action='add' jid='${entry.jid}'>${groupsOf(entry)}</item>`
    : xml`<item action='add' jid='${entry.jid}' name='${entry.name}'>${groupsOf(entry)}</item>`;

export const offer = (items: readonly Xml[]): Xml => xml`<x xmlns='http://jabber.org/protocol/rosterx'>${items}</x>`;

/** RFC 6121 §2.3.1: an item that is set in a roster; both see each other. */
export const rosterItem = (entry: RosterEntry): Xml =>
  entry.name === undefined
    ? xml`<item jid='${entry.jid}' subscription='both'>${groupsOf(entry)}</item>`
    : xml`<item jid='${entry.jid}' name='${entry.name}' subscription='both'>${groupsOf(entry)}</item>`;

/** RFC 6121 §2.5.1 */
export const removedItem = (jid: string): Xml => xml`<item jid='${jid}' subscription='remove'/>`;
