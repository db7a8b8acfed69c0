// XEP-0353: Jingle Message Initiation, version 0.7.0.
import type { Extension } from './extension.ts';

/** Nothing is advertised: no network here takes calls. The caller is told so by what the table says of them. */
export const jingleMessage: Extension = {
  xep: { number: '0353', title: 'Jingle Message Initiation', version: '0.7.0', part: 'calls are refused in words' },
  // §3.1; what else is said of a call is about one that never began.
  reads: { 'urn:xmpp:jingle-message:0 propose': () => ({ kind: 'call' }) },
};
