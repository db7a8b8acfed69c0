// XEP-0455: Service Outage Status, version 0.3.1.
import { formElement } from './data-forms.ts';
import type { Extension } from './extension.ts';

/** Where clients read of outages while the gateway cannot tell them itself (§2.1). The file is the operator's to write. */
export const serviceOutage: Extension = {
  xep: { number: '0455', title: 'Service Outage Status', version: '0.3.1' },
  form({ kind, service: { outages } }) {
    if (kind !== 'gateway' || outages.length === 0) return undefined;
    const fields = [{ name: 'external-status-addresses', type: 'choices', value: outages }] as const;
    return formElement({ fields }, { type: 'result', formType: 'urn:xmpp:sos:0' });
  },
};
