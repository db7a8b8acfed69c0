// XEP-0106: JID Escaping, version 1.1. The transformations are in `jid.ts`.
import type { Extension } from './extension.ts';

export const jidEscaping: Extension = {
  xep: { number: '0106', title: 'JID Escaping', version: '1.1' },
  // XEP-0106 §7
  features: { gateway: ['jid\\20escaping'], realm: ['jid\\20escaping'] },
};
