// XEP-0402: PEP Native Bookmarks, version 1.2.0: rooms of which a network holds the membership, where the server lets us (XEP-0356).
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

export const PUBSUB = 'http://jabber.org/protocol/pubsub';

export const bookmarks: Extension = {
  xep: {
    number: '0402',
    title: 'PEP Native Bookmarks',
    version: '1.2.0',
    part: 'of rooms whose membership a network holds; elsewhere who is in a room is who has entered it, and clients bookmark that themselves',
  },
};

/** Who else may read what is kept, and how much of it (XEP-0402 §4, XEP-0490 §3.1). */
const PRIVATE = [
  ['FORM_TYPE', 'http://jabber.org/protocol/pubsub#publish-options'],
  ['pubsub#persist_items', 'true'],
  ['pubsub#max_items', 'max'],
  ['pubsub#send_last_published_item', 'never'],
  ['pubsub#access_model', 'whitelist'],
].map(([name = '', value = '']) => xml`<field var='${name}'><value>${value}</value></field>`);

/** What is published under an id in a node of the user's own. */
export const published = (node: string, id: string, payload: Xml): Xml =>
  xml`<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item id='${id}'>${payload}</item></publish><publish-options><x xmlns='jabber:x:data' type='submit'>${PRIVATE}</x></publish-options></pubsub>`;

const NODE = 'urn:xmpp:bookmarks:1';

export const bookmarkQuestion = (room: string): Xml =>
  xml`<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='${NODE}'><item id='${room}'/></items></pubsub>`;

/** §3.2: whether clients join the room that is bookmarked; nothing where it is not. */
export function bookmarkIn(answer: Element | undefined, room: string): 'joined' | 'kept' | undefined {
  const items = answer && childOf(answer, 'items', PUBSUB)?.getChildren('item');
  const found = items?.find(({ attrs }) => attrs.id === room)?.getChild('conference', NODE);
  return found && (['true', '1'].includes(found.attrs.autojoin ?? '') ? 'joined' : 'kept');
}

export const bookmark = (room: string, { name, nick }: { readonly name: string; readonly nick: string }): Xml =>
  published(
    NODE,
    room,
    xml`<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true' name='${name}'><nick>${nick}</nick></conference>`,
  );

export const bookmarkGone = (room: string): Xml =>
  xml`<pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='${NODE}' notify='true'><item id='${room}'/></retract></pubsub>`;
