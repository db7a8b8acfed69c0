// XEP-0004: Data Forms, version 2.13.1.
import type { Element } from 'ltx';
import type { Answer, Ending, Field, Form } from '#src/model/form.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { own, ownText } from './elements.ts';
import type { Extension } from './extension.ts';
import { validateElement } from './validation.ts';

export const FORMS = 'jabber:x:data';

/** Forms in messages: people of networks whose tables carry them can be asked. */
export const dataForms: Extension = {
  xep: { number: '0004', title: 'Data Forms', version: '2.13.1' },
  features: ({ advertised }) => (advertised.forms ? { contact: [FORMS] } : {}),
  reads: {
    [`${FORMS} x`]: (x, reading) => {
      const form = formIn(x);
      return form && reading.kind === 'message' ? { ...reading, form } : reading;
    },
  },
  writes: { message: ({ form }) => (form?.ending ? endedForm(form, form.ending) : undefined) },
};

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
  jids: 'jid-multi',
};

/** How a form is written: what it is for (§3.1), its FORM_TYPE (XEP-0068), and what stands in it before its fields. */
export type FormStyle = {
  readonly type?: 'form' | 'result';
  readonly formType?: string | undefined;
  readonly first?: Xml | undefined;
};

/** A form to fill in, or what came of one (§3.1). */
export function formElement(
  { title, instructions, fields }: Form<string>,
  { type = 'form', formType, first }: FormStyle = {},
): Xml {
  const all: readonly Field<string>[] =
    formType === undefined ? fields : [{ name: 'FORM_TYPE', type: 'hidden', value: [formType] }, ...fields];
  return xml`<x xmlns='jabber:x:data' type='${type}'>${title === undefined ? undefined : xml`<title>${title}</title>`}${
    instructions === undefined ? undefined : xml`<instructions>${instructions}</instructions>`
  }${first}${all.map(fieldElement)}</x>`;
}

function fieldElement({ name, label, type, required, value = [], options = [], number }: Field<string>): Xml {
  const labelled = label === undefined ? undefined : xml` label='${label}'`;
  const choices = options.map(
    (one) =>
      xml`<option${one.label === undefined ? undefined : xml` label='${one.label}'`}><value>${one.value}</value></option>`,
  );
  const values = value.map((one) => xml`<value>${one}</value>`);
  return xml`<field var='${name}' type='${TYPES[type]}'${labelled}>${required && xml`<required/>`}${number && validateElement(number)}${values}${choices}</field>`;
}

/** What came back in a form (§3.1): nothing where it was cancelled. A field that is there twice counts once. */
export const answerOf = (x: Element): Answer | undefined => (x.attrs.type === 'cancel' ? undefined : fieldsOf(x));

/** The fields of a form by their names. */
export function fieldsOf(x: Element): Answer {
  return Object.fromEntries(
    own(x, 'field').flatMap((field) => {
      const { var: name } = field.attrs;
      return name === undefined ? [] : [[name, own(field, 'value').map((value) => value.getText())] as const];
    }),
  );
}

/** The types by their names (§3.3). */
const KINDS: ReadonlyMap<string, Field['type']> = new Map(
  Object.entries(TYPES).map(([kind, name]) => [name, kind as Field['type']]),
);

/** The form that somebody is asked to fill in; nothing for one that comes back. */
function formIn(x: Element): Form<string> | undefined {
  if (x.attrs.type !== 'form') return undefined;
  const title = ownText(x, 'title');
  // §3.1: several instructions are lines.
  const instructions = own(x, 'instructions').map((one) => one.getText());
  return {
    ...(title !== undefined && { title }),
    ...(instructions.length > 0 && { instructions: instructions.join('\n') }),
    fields: own(x, 'field').map(fieldOf),
  };
}

function fieldOf(field: Element): Field<string> {
  const { var: name = '', type, label } = field.attrs;
  const value = own(field, 'value').map((one) => one.getText());
  const options = own(field, 'option').map((option) => ({
    value: ownText(option, 'value') ?? '',
    ...(option.attrs.label !== undefined && { label: option.attrs.label }),
  }));
  return {
    name,
    // §3.3: what has no type, or one that nobody knows, is a line of text.
    type: KINDS.get(type ?? '') ?? 'text',
    ...(label !== undefined && { label }),
    ...(own(field, 'required').length > 0 && { required: true }),
    ...(value.length > 0 && { value }),
    ...(options.length > 0 && { options }),
  };
}

/** A form that came back (§3.1), and who sent it, as their network calls them. */
function endedForm({ fields }: Form<string>, { state, by, verified }: Ending): Xml[] {
  const how = verified === undefined ? undefined : xml` verified='${verified}'`;
  const x =
    state === 'submit'
      ? xml`<x xmlns='jabber:x:data' type='submit'>${fields.map(fieldElement)}</x>`
      : xml`<x xmlns='jabber:x:data' type='cancel'/>`;
  return [x, xml`<answered xmlns='urn:isthmus:forms:0' by='${by}'${how}/>`];
}
