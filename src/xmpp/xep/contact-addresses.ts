// XEP-0157: Contact Addresses for XMPP Services, version 1.0.
import { formElement } from './data-forms.ts';
import type { Extension } from './extension.ts';

/** §7.1: the fields that the registrar knows, and `status`, which it has had since. */
const ROLES = ['abuse', 'admin', 'feedback', 'sales', 'security', 'status', 'support'];

/** Whom people turn to, as the operator has it. */
export const contactAddresses: Extension = {
  xep: { number: '0157', title: 'Contact Addresses for XMPP Services', version: '1.0' },
  form({ kind, service: { contacts } }) {
    const fields = ROLES.flatMap((role) => {
      const value = contacts[role] ?? [];
      return value.length === 0 ? [] : [{ name: `${role}-addresses`, type: 'choices', value } as const];
    });
    if (kind !== 'gateway' || fields.length === 0) return undefined;
    return formElement({ fields }, { type: 'result', formType: 'http://jabber.org/network/serverinfo' });
  },
};
