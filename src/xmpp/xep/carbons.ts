// XEP-0280: Message Carbons, version 1.0.1.
import { xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/**
 * Carbons themselves are between a user's clients and their server: what claims to be one is read like any other
 * message, so a forwarded text in it is nobody's body.
 */
export const carbons: Extension = {
  xep: { number: '0280', title: 'Message Carbons', version: '1.0.1', part: 'private messages' },
};

/** XEP-0280 §9: this message is for one resource only. */
export const PRIVATE = xml`<private xmlns='urn:xmpp:carbons:2'/>`;
