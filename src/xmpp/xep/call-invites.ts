// XEP-0482: Call Invites, version 0.1.1.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** As XEP-0353, for calls of any kind and in rooms. */
export const callInvites: Extension = {
  xep: { number: '0482', title: 'Call Invites', version: '0.1.1', part: 'calls are refused in words' },
  // §2.4, §3.1: its id is that of the client, or of the message. A room has not given it one: nobody there was invited.
  origin: {
    'urn:xmpp:call-invites:0 invite': (_, stanza) => {
      const { id, type } = stanza.attrs;
      const named = stanza.getChild('origin-id', 'urn:xmpp:sid:0')?.attrs.id ?? id;
      return named === undefined || type === 'groupchat' ? {} : { call: { id: named, by: 'invitation' } };
    },
  },
  // §2.1
  reads: { 'urn:xmpp:call-invites:0 invite': () => ({ kind: 'call' }) },
};

/** §2.4: nobody takes the call. It has no place for words. */
export const rejectedInvite = (id: string): Xml => xml`<reject xmlns='urn:xmpp:call-invites:0' id='${id}'/>`;
