import { expect, it } from 'vitest';
import { formElement } from '#src/xmpp/xep/data-forms.ts';

// XEP-0122 §3.1, §3.2
it.each([
  [{ whole: true, min: 1, max: 9 }, 'xs:integer', "<range min='1' max='9'/>"],
  [{ whole: false, max: 0.5 }, 'xs:decimal', "<range max='0.5'/>"],
  [{ whole: true }, 'xs:integer', '<basic/>'],
])('a field of a number says which numbers it takes: %j', (number, type, method) => {
  const form = formElement({ fields: [{ name: 'n', type: 'text', number }] });
  const validate = `<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='${type}'>${method}</validate>`;
  expect(String(form)).toContain(`<field var='n' type='text-single'>${validate}</field>`);
});
