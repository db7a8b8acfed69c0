import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { Text, Words } from '#src/model/language.ts';
import { formTexts as texts } from './texts/forms.ts';

/** The longest value that is read, in UTF-16 units. */
export const LONGEST = 4096;
/** The most values of one field. */
const MOST = 1000;

/** Types of fields that take several values. */
const SEVERAL: readonly Field['type'][] = ['choices', 'lines', 'jids'];

/** RFC 7622 §3.1, as far as it is seen at once that something is none. */
const JID = /^(?:[^\s@/]{1,1023}@)?[^\s@/]{1,1023}(?:\/.{1,1023})?$/u;

/** The lexical forms of xs:boolean (XEP-0004 §3.3). */
const FLAGS: Readonly<Record<string, string>> = { true: 'true', 1: 'true', false: 'false', 0: 'false' };

/**
 * An answer as its form wants it: what was not asked for is left out, and what is hidden is as it was. Throws
 * `Failure('not-acceptable')` naming the field. Pure.
 */
export function fitting({ fields }: Form, answer: Answer): Answer {
  const fit: Record<string, readonly string[]> = Object.create(null);
  for (const field of fields) {
    const { name, type, required, value = [] } = field;
    if (type === 'note') continue;
    const given = type === 'hidden' ? value : Object.hasOwn(answer, name) ? answer[name] : undefined;
    if (given && given.length > MOST) throw unfit(field, (label) => texts.tooMany(label, MOST));
    const values = given?.slice(0, SEVERAL.includes(type) ? MOST : 1).map((one) => fitValue(field, one));
    if (required && !values?.some((one) => one.trim() !== '')) throw unfit(field, texts.missing);
    if (values) fit[name] = values;
  }
  return fit;
}

function fitValue(field: Field, value: string): string {
  if (value.length > LONGEST) throw unfit(field, (label) => texts.tooLong(label, LONGEST));
  const { type, required, options = [], number } = field;
  if (type === 'boolean') {
    const flag = FLAGS[value];
    if (flag === undefined) throw unfit(field, texts.noFlag);
    return flag;
  }
  const isBlank = value === '' && !required;
  if ((type === 'choice' || type === 'choices') && !isBlank && !options.some((option) => option.value === value))
    throw unfit(field, texts.noOption);
  if ((type === 'jid' || type === 'jids') && !isBlank && !JID.test(value)) throw unfit(field, texts.noJid);
  if (number && !isBlank) assertNumber(field, value);
  return value;
}

function assertNumber(field: Field, value: string): void {
  const { whole = false, min = -Infinity, max = Infinity } = field.number ?? {};
  const read = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(read)) throw unfit(field, texts.noNumber);
  if (whole && !Number.isInteger(read)) throw unfit(field, texts.noWholeNumber);
  if (read < min) throw unfit(field, (label) => texts.tooSmall(label, min));
  if (read > max) throw unfit(field, (label) => texts.tooBig(label, max));
}

/** What is wrong with a field, named by its label. */
export const unfit = ({ name, label = name }: Field, why: (label: Words) => Text): Failure =>
  new Failure('not-acceptable', { text: why(label) });
