// XEP-0153: vCard-Based Avatars, version 1.1.1.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, ownText } from './elements.ts';
import type { Extension } from './extension.ts';

const UPDATE = 'vcard-temp:x:update';

export const vcardAvatar: Extension = {
  xep: { number: '0153', title: 'vCard-Based Avatars', version: '1.1.1' },
};

/** The SHA-1 of the picture that a presence shows, `''` for none; `undefined` where it says nothing of it (§4.1). */
export function photoIn(presence: Element): string | undefined {
  const update = childOf(presence, 'x', UPDATE);
  const hash = update && ownText(update, 'photo')?.trim().toLowerCase();
  return hash === undefined || /^([0-9a-f]{40})?$/.test(hash) ? hash : undefined;
}

/** The same, as a presence has it. */
export const photoElements = (photo: string | undefined): Xml[] =>
  photo === undefined ? [] : [xml`<x xmlns='vcard-temp:x:update'><photo>${photo}</photo></x>`];
