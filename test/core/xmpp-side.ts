import type { XmppSide } from '#src/core/index.ts';

/** An XMPP server that takes and reads everything at once, as far as a test does not say otherwise. */
export const xmppSide = (own: Partial<XmppSide> = {}): XmppSide => ({
  deliver: () => true,
  refuse: () => true,
  receipt: () => true,
  probe: () => undefined,
  enlist: async () => 'ask',
  delist: async () => false,
  bookmark: () => false,
  unbookmark: () => undefined,
  displayed: () => false,
  blocked: async () => Promise.reject(new Error('no rights')),
  alive: async () => true,
  answers: async () => false,
  bits: async () => ({ type: 'image/png', data: Buffer.from('') }),
  card: async () => ({}),
  epoch: () => 1,
  barrier: async () => undefined,
  ...own,
});
