// XEP-0122: Data Forms Validation, version 1.0.
import type { NumberRange } from '#src/model/form.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** The fields of our forms that are numbers say so. What comes back is checked whatever a client makes of it (§4.4). */
export const validation: Extension = {
  xep: { number: '0122', title: 'Data Forms Validation', version: '1.0', part: 'numbers and their ranges' },
};

/** §3.1, §3.2: the type of a field's value, and its bounds where it has some. */
export function validateElement({ whole, min, max }: NumberRange): Xml {
  const type = whole ? 'xs:integer' : 'xs:decimal';
  const method =
    min === undefined && max === undefined
      ? xml`<basic/>`
      : xml`<range${attrs({ min: bound(min), max: bound(max) })}/>`;
  return xml`<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='${type}'>${method}</validate>`;
}

const bound = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
