// XEP-0482: Call Invites, version 0.1.1.
import type { Extension } from './extension.ts';

/** As XEP-0353, for calls of any kind and in rooms. */
export const callInvites: Extension = {
  xep: { number: '0482', title: 'Call Invites', version: '0.1.1', part: 'calls are refused in words' },
  // §2.1
  reads: { 'urn:xmpp:call-invites:0 invite': () => ({ kind: 'call' }) },
};
