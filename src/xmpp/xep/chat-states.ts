// XEP-0085: Chat State Notifications, version 2.1.
import { xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension, isBlank, type Reader } from './extension.ts';

const STATES = 'http://jabber.org/protocol/chatstates';

const COMPOSING = xml`<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
const PAUSED = xml`<paused xmlns='http://jabber.org/protocol/chatstates'/>`;

/** A state beside a text says nothing that the text does not (§5.1). */
const state =
  (active: boolean): Reader =>
  (_, reading) =>
    isBlank(reading) ? { kind: 'typing', active } : reading;

export const chatStates: Extension = {
  xep: { number: '0085', title: 'Chat State Notifications', version: '2.1' },
  features: (transport) => carriedIn(transport, 'typing', STATES),
  // §5.2: networks know of typing and of its end.
  reads: {
    [`${STATES} composing`]: state(true),
    [`${STATES} paused`]: state(false),
    [`${STATES} active`]: state(false),
    [`${STATES} inactive`]: state(false),
    [`${STATES} gone`]: state(false),
  },
  writes: { typing: ({ active }) => [active ? COMPOSING : PAUSED] },
};
