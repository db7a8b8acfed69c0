// XEP-0317: Hats, version 0.2.
import type { Occupant } from '#src/model/party.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** What occupants are on their network beside affiliation and role. Hats are given there, and shown here. */
export const hats: Extension = {
  xep: {
    number: '0317',
    title: 'Hats',
    version: '0.2',
    part: 'shown; no network here lets anybody give them but itself',
  },
  features: ({ advertised }) => (advertised.extras.includes('hats') ? { room: ['urn:xmpp:hats:0'] } : {}),
};

/** §3.1 */
export const hatsElements = ({ hats: worn = [] }: Occupant): Xml[] =>
  worn.length === 0
    ? []
    : [
        xml`<hats xmlns='urn:xmpp:hats:0'>${worn.map(({ id, title }) => xml`<hat uri='${id}' title='${title}'/>`)}</hats>`,
      ];
