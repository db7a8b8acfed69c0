// XEP-0297: Stanza Forwarding, version 1.0.
import type { Extension } from './extension.ts';

/** How messages of the past and messages in a user's name stand in others: `mam.ts` and `privilege.ts` write it. */
export const forwarding: Extension = {
  xep: { number: '0297', title: 'Stanza Forwarding', version: '1.0', part: 'as other extensions need it' },
};
