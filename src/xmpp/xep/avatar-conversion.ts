// XEP-0398: User Avatar to vCard-Based Avatars Conversion, version 1.0.0.
import type { Extension } from './extension.ts';

/** §2: the picture of a contact is the same by XEP-0084, by XEP-0054 and in presence (XEP-0153). */
export const avatarConversion: Extension = {
  xep: { number: '0398', title: 'User Avatar to vCard-Based Avatars Conversion', version: '1.0.0' },
  features: { contact: ['urn:xmpp:pep-vcard-conversion:0'] },
};
