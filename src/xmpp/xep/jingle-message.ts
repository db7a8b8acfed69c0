// XEP-0353: Jingle Message Initiation, version 0.7.0.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** Nothing is advertised: no network here takes calls. The caller is told so by what the table says of them. */
export const jingleMessage: Extension = {
  xep: { number: '0353', title: 'Jingle Message Initiation', version: '0.7.0', part: 'calls are refused in words' },
  origin: {
    'urn:xmpp:jingle-message:0 propose': ({ attrs: { id } }, { attrs: { type } }) =>
      id === undefined || type === 'groupchat' ? {} : { call: { id, by: 'proposal' } },
  },
  // §3.1; what else is said of a call is about one that never began.
  reads: { 'urn:xmpp:jingle-message:0 propose': () => ({ kind: 'call' }) },
};

/** §3.6: nobody takes the call, and why (XEP-0166 §7.4). */
export const rejectedProposal = (id: string, why: string): Xml =>
  xml`<reject xmlns='urn:xmpp:jingle-message:0' id='${id}'><reason xmlns='urn:xmpp:jingle:1'><unsupported-applications/><text>${why}</text></reason></reject>`;
