// XEP-0232: Software Information, version 0.3.
import { formElement } from './data-forms.ts';
import type { Extension } from './extension.ts';

/** What runs here, for who would ask with XEP-0092 otherwise; the operating system is nobody's business (§3). */
export const softwareInformation: Extension = {
  xep: { number: '0232', title: 'Software Information', version: '0.3', part: 'name and version' },
  form({ kind, service: { version } }) {
    if (kind !== 'gateway') return undefined;
    const fields = [
      { name: 'software', type: 'text', value: ['Isthmus'] },
      { name: 'software_version', type: 'text', value: [version] },
    ] as const;
    return formElement({ fields }, { type: 'result', formType: 'urn:xmpp:dataforms:softwareinfo' });
  },
};
