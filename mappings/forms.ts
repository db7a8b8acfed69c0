import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { joined, type Language, type Words, wordsIn } from '#src/model/language.ts';
import { fitting } from './answers.ts';
import { formTexts as texts, YES_NO } from './texts/forms.ts';

/** A form in the language of whoever is asked. Pure. */
export const spokenForm = ({ title, instructions, fields, ending }: Form, language: Language): Form<string> => ({
  ...(title !== undefined && { title: wordsIn(title, language) }),
  ...(instructions !== undefined && { instructions: wordsIn(instructions, language) }),
  fields: fields.map((field) => spokenField(field, language)),
  ...(ending && { ending }),
});

function spokenField({ label, options, ...field }: Field, language: Language): Field<string> {
  const spoken = <Named extends { label?: Words | undefined }>({ label: said, ...rest }: Named) => ({
    ...rest,
    ...(said !== undefined && { label: wordsIn(said, language) }),
  });
  return { ...spoken({ ...field, label }), ...(options && { options: options.map(spoken) }) };
}

/** A form (XEP-0004) as text: what it is about, and each field with its value or its choices. */
export function formText({ title, instructions, fields }: Form<string>): string {
  const lines = [title, instructions, ...fields.map(fieldText)];
  return lines.filter((line) => line !== undefined && line.trim() !== '').join('\n');
}

function fieldText({ name, label = name, type, value = [], options = [] }: Field<string>): string {
  if (type === 'hidden' || type === 'secret') return '';
  if (type === 'note') return value.join('\n');
  const shown = value.map((one) => options.find((option) => option.value === one)?.label ?? one).join(', ');
  if (shown !== '') return `${label}: ${shown}`;
  return options.length === 0 ? `${label}:` : `${label}: ${options.map((one) => one.label ?? one.value).join(' / ')}`;
}

/** A form that is asked field by field. `next` is asked now; without it all has been asked. */
export type Filling = { readonly form: Form<string>; readonly answer: Answer; readonly next?: Field<string> };

/** What came of an answer: the form goes on, or the same is asked once more. */
export type Filled = Filling | { readonly trouble: Words };

const isAsked = ({ type }: Field): boolean => type !== 'note' && type !== 'hidden';

/** Leaves a field as it is. */
const SKIP = '-';

/**
 * Begins a form with the words that came with the command: its fields take one each, and the last takes the rest. What
 * they leave open is asked where it is required; without words all of it is asked. Pure.
 */
export function begin(form: Form<string>, words: string, language: Language): Filling {
  const answer: Record<string, readonly string[]> = {};
  for (const { name, type, value } of form.fields) if (type !== 'note' && value) answer[name] = value;
  const asked = form.fields.filter(isAsked);
  let filling: Filling = { form, answer };
  let rest = words;
  for (const [index, field] of asked.entries()) {
    if (rest === '') continue;
    const [, first = '', more = ''] =
      index === asked.length - 1 ? [undefined, rest, ''] : (/^(\S+)\s*([\s\S]*)$/.exec(rest) ?? []);
    const found = read(field, first, language);
    if ('trouble' in found) return onward(filling, [field, ...asked.slice(index + 1)]);
    filling = { form, answer: { ...filling.answer, [field.name]: found.value } };
    rest = more;
  }
  const open = words === '' ? asked : asked.filter(({ name, required }) => required && !(name in filling.answer));
  return onward(filling, open);
}

/** The form with the answer to the field that was asked. Pure. */
export function take(filling: Filling, text: string, language: Language): Filled {
  const { form, answer, next } = filling;
  if (!next) return filling;
  const after = form.fields.slice(form.fields.indexOf(next) + 1).filter(isAsked);
  if (text === SKIP && !next.required) return onward({ form, answer }, after);
  const found = read(next, text, language);
  if ('trouble' in found) return found;
  return onward({ form, answer: { ...answer, [next.name]: found.value } }, after);
}

const onward = ({ form, answer }: Filling, [next]: readonly Field<string>[]): Filling => ({
  form,
  answer,
  ...(next && { next }),
});

/** How a form is introduced: its title, its instructions and its notes. Empty where it has none. */
export const introduction = ({ title, instructions, fields }: Form<string>): string =>
  [
    title,
    instructions,
    ...fields.filter(({ type }) => type === 'note').flatMap(({ label, value = [] }) => [label, ...value]),
  ]
    .filter((line) => line !== undefined && line !== '')
    .join('\n');

/** How a field is asked in words. */
export function question(field: Field<string>, language: Language): string {
  const { name, label = name, type, required, value, options = [] } = field;
  const lines: Words[] = [label.endsWith('?') ? label : `${label}?`];
  if (type === 'boolean') lines.push(texts.answerFlag);
  for (const [index, option] of options.entries()) lines.push(`${index + 1}. ${option.label ?? option.value}`);
  if (options.length > 0) lines.push(type === 'choices' ? texts.answerNumbers : texts.answerNumber);
  if (type === 'secret') lines.push(texts.secret);
  else if (value && value.length > 0)
    lines.push(
      texts.now(
        joined(
          value.map((one) => shownAs(field, one)),
          ', ',
        ),
      ),
    );
  if (!required) lines.push(texts.skip(SKIP));
  return wordsIn(joined(lines), language);
}

/** How a value is called: by the label of its option, and a flag by yes or no. */
function shownAs({ type, options = [] }: Field<string>, value: string): Words {
  if (type === 'boolean') return value === 'true' || value === '1' ? texts.yes : texts.no;
  return options.find((option) => option.value === value)?.label ?? value;
}

type Value = { readonly value: readonly string[] } | { readonly trouble: Words };

function read(field: Field<string>, text: string, language: Language): Value {
  const found = meant(field, text, language);
  if ('trouble' in found) return found;
  try {
    fitting({ fields: [field] }, { [field.name]: found.value });
    return found;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { trouble: error.words };
  }
}

/** What is meant by the words for a field. */
function meant(field: Field<string>, text: string, language: Language): Value {
  switch (field.type) {
    case 'boolean':
      return yesOrNo(text, language);
    case 'choice':
      return optionsOf(field, [text.trim()]);
    case 'choices':
      return optionsOf(
        field,
        text.split(',').map((one) => one.trim()),
      );
    case 'lines':
      return { value: text.split(/\r\n|\r|\n/) };
    case 'jids':
      return { value: text.split(/[\s,]+/) };
    default:
      return { value: [text] };
  }
}

function yesOrNo(text: string, language: Language): Value {
  const { yes, no } = YES_NO[language];
  if (yes.test(text.trim())) return { value: ['true'] };
  if (no.test(text.trim())) return { value: ['false'] };
  return { trouble: texts.answerFlag };
}

/** An option is named by its number, its value or its label. A number that is also a value is the value. */
function optionsOf({ options = [] }: Field<string>, names: readonly string[]): Value {
  const found = names.map(
    (name) =>
      options.find(({ value }) => value === name) ??
      (/^\d+$/.test(name) ? options[Number(name) - 1] : undefined) ??
      options.find(({ label }) => label?.toLowerCase() === name.toLowerCase()),
  );
  const known = found.flatMap((option) => option?.value ?? []);
  return known.length === names.length ? { value: known } : { trouble: texts.notAnOption };
}
