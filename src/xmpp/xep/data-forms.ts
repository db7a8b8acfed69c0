// XEP-0004: Data Forms, version 2.13.1.
import type { Element } from 'ltx';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { type Xml, xml } from '#src/xmpp/xml.ts';
import { own, ownText } from './elements.ts';

export const FORMS = 'jabber:x:data';

/** XEP-0004 §3.3: the types of fields. */
const TYPES: Readonly<Record<Field['type'], string>> = {
  text: 'text-single',
  secret: 'text-private',
  boolean: 'boolean',
  choice: 'list-single',
  choices: 'list-multi',
  lines: 'text-multi',
  note: 'fixed',
  hidden: 'hidden',
  jid: 'jid-single',
};

/** A form to fill in (§3.1). `type` is its FORM_TYPE (XEP-0068). */
export function formElement({ title, instructions, fields }: Form, type?: string): Xml {
  const all: readonly Field[] =
    type === undefined ? fields : [{ name: 'FORM_TYPE', type: 'hidden', value: [type] }, ...fields];
  return xml`<x xmlns='jabber:x:data' type='form'>${title === undefined ? undefined : xml`<title>${title}</title>`}${
    instructions === undefined ? undefined : xml`<instructions>${instructions}</instructions>`
  }${all.map(fieldElement)}</x>`;
}

function fieldElement({ name, label, type, required, value = [], options = [] }: Field): Xml {
  const labelled = label === undefined ? undefined : xml` label='${label}'`;
  const choices = options.map(
    (one) =>
      xml`<option${one.label === undefined ? undefined : xml` label='${one.label}'`}><value>${one.value}</value></option>`,
  );
  const values = value.map((one) => xml`<value>${one}</value>`);
  return xml`<field var='${name}' type='${TYPES[type]}'${labelled}>${required && xml`<required/>`}${values}${choices}</field>`;
}

/** What came back in a form (§3.1): nothing where it was cancelled. A field that is there twice counts once. */
export function answerOf(x: Element): Answer | undefined {
  if (x.attrs.type === 'cancel') return undefined;
  return Object.fromEntries(
    own(x, 'field').flatMap((field) => {
      const { var: name } = field.attrs;
      return name === undefined ? [] : [[name, own(field, 'value').map((value) => value.getText())] as const];
    }),
  );
}

/** The FORM_TYPE of a form that came back (XEP-0068). */
export function formTypeOf(x: Element): string | undefined {
  const field = own(x, 'field').find(({ attrs }) => attrs.var === 'FORM_TYPE');
  return field && ownText(field, 'value');
}
