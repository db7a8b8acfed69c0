// XEP-0280: Message Carbons, version 1.0.1.
import type { Element } from 'ltx';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

/**
 * Carbons themselves are between a user's clients and their server: what claims to be one is read like any other
 * message, so a forwarded text in it is nobody's body.
 */
export const carbons: Extension = {
  xep: { number: '0280', title: 'Message Carbons', version: '1.0.1' },
};

/** XEP-0280 §9: this message is for one resource only. */
export const PRIVATE = xml`<private xmlns='urn:xmpp:carbons:2'/>`;

export const isPrivate = (message: Element): boolean => childOf(message, 'private', 'urn:xmpp:carbons:2') !== undefined;
