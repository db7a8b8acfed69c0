// XEP-0490: Message Displayed Synchronization, version 1.0.1: what a user has read in another client of a network.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { published } from './bookmarks.ts';
import type { Extension } from './extension.ts';

export const displayedSynchronization: Extension = {
  xep: {
    number: '0490',
    title: 'Message Displayed Synchronization',
    version: '1.0.1',
    part: 'of rooms that are read elsewhere',
  },
};

/** §3: up to which message, by the room's own id, a room was read. */
export const readUpTo = (room: string, stanzaId: string): Xml =>
  published(
    'urn:xmpp:mds:displayed:0',
    room,
    xml`<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='${room}' id='${stanzaId}'/></displayed>`,
  );
