import { z } from 'zod';
import { fitting } from '#mappings/answers.ts';
import { excerpt } from '#mappings/split.ts';
import { Failure } from '#src/model/failure.ts';
import type { Form } from '#src/model/form.ts';
import { isBlank } from '#src/model/text.ts';

const MOST_QUESTIONS = 20;
const MOST_OPTIONS = 20;
/** Code points of a label, and of what is written as an answer. */
const LABEL = 100;
const LONGEST = 2000;

const questionSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(['choice', 'choices', 'text', 'lines', 'jid', 'jids']),
  required: z.boolean(),
  options: z.array(z.object({ label: z.string(), value: z.string() })),
  number: z
    .object({ whole: z.boolean(), min: z.number().exactOptional(), max: z.number().exactOptional() })
    .exactOptional(),
});
/** What is asked in one field of a form. What is answered with yes or no is a choice. */
export type MailQuestion = z.infer<typeof questionSchema>;

/** A form as mail can ask it: its questions, and what goes back with the answers as it came. */
export const questionnaireSchema = z.object({
  questions: z.array(questionSchema),
  kept: z.array(z.object({ name: z.string(), value: z.array(z.string()) })),
});
export type MailQuestionnaire = z.infer<typeof questionnaireSchema>;

/** What was answered, by question: values, none where it was left open. */
export type MailAnswers = readonly (readonly string[])[];

const line = (text: string): string => excerpt(text.replace(/\s+/g, ' ').trim(), LABEL);

const YES_NO = { en: ['Yes', 'No'], de: ['Ja', 'Nein'] } as const;

type FormField = Form<string>['fields'][number];

/** What mail can ask of a form; undefined where that is nothing, too much, or a secret. Pure. */
export function questionnaireOf({ fields }: Form<string>, language: 'en' | 'de'): MailQuestionnaire | undefined {
  const isAsked = ({ type, value }: FormField): boolean =>
    type !== 'note' &&
    type !== 'hidden' &&
    (type === 'boolean' || type === 'choice' || type === 'choices' || !value?.length);
  const asked = fields.filter(isAsked);
  const kept = fields.flatMap((field) =>
    field.type === 'note' || isAsked(field) ? [] : [{ name: field.name, value: [...(field.value ?? [])] }],
  );
  const questions = asked.map((field) => questionOf(field, language));
  const fits =
    questions.every((one) => one !== undefined) && questions.length > 0 && questions.length <= MOST_QUESTIONS;
  return fits ? { questions: questions.flatMap((one) => one ?? []), kept } : undefined;
}

function questionOf(field: FormField, language: 'en' | 'de'): MailQuestion | undefined {
  const { name, type, label = name, required = false, number } = field;
  if (type === 'secret' || type === 'note' || type === 'hidden') return undefined;
  const options =
    type === 'boolean'
      ? YES_NO[language].map((word, index) => ({ label: word, value: String(index === 0) }))
      : (field.options ?? []).map(({ value, label: said = value }) => ({
          label: line(isBlank(said) ? value : said),
          value,
        }));
  const isChoice = type === 'boolean' || type === 'choice' || type === 'choices';
  if (isChoice && (options.length < 1 || options.length > MOST_OPTIONS)) return undefined;
  return {
    name,
    label: line(isBlank(label) ? name : label),
    type: type === 'boolean' ? 'choice' : type,
    required: required || type === 'boolean',
    options: isChoice ? options : [],
    ...(number && { number: { ...number } }),
  };
}

/** A form with one question and choices, which a link for each answers. Pure. */
export function approvalOf({ questions }: MailQuestionnaire): MailQuestion | undefined {
  const [first, ...more] = questions;
  return first?.type === 'choice' && more.length === 0 ? first : undefined;
}

/** The answers where they fit their questions, one for each. Pure. */
export function fittingAnswers({ questions }: MailQuestionnaire, answers: MailAnswers): MailAnswers | undefined {
  if (answers.length !== questions.length) return undefined;
  const fit = questions.map((question, index): readonly string[] | undefined => {
    const given = (answers[index] ?? []).filter((one) => !isBlank(one));
    const single = question.type !== 'choices' && question.type !== 'lines' && question.type !== 'jids';
    const wrong =
      (single && given.length > 1) || new Set(given).size < given.length || given.some((one) => one.length > LONGEST);
    return wrong ? undefined : fitted(question, given);
  });
  return fit.every((one) => one !== undefined) ? fit.map((one) => one ?? []) : undefined;
}

/** XEP-0004 §3.2 */
function fitted(
  { name, type, required, options, number }: MailQuestion,
  given: readonly string[],
): readonly string[] | undefined {
  if (given.length === 0) return required ? undefined : [];
  const field = { name, type, required, options, ...(number && { number: number as { whole: boolean } }) };
  try {
    return fitting({ fields: [field] }, { [name]: given })[name];
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The form as it goes back to whoever asked. What was left open is not in it. Pure. */
export function answeredForm({ questions, kept }: MailQuestionnaire, answers: MailAnswers, by: string): Form<string> {
  const filled = questions.flatMap(({ name, type }, index) => {
    const value = answers[index] ?? [];
    return value.length === 0 ? [] : [{ name, type, value }];
  });
  return {
    fields: [...kept.map((field) => ({ ...field, type: 'hidden' as const })), ...filled],
    ending: { state: 'submit', by, verified: 'address' },
  };
}

/** What was answered, in words: one line for each question. Pure. */
export const answersText = ({ questions }: MailQuestionnaire, answers: MailAnswers): string =>
  questions
    .map(({ label, options }, index) => {
      const said = (answers[index] ?? []).map(
        (value) => options.find((option) => option.value === value)?.label ?? value,
      );
      return `${label}: ${said.join(', ') || '-'}`;
    })
    .join('\n');

/**
 * The answers that a mail gives in numbers: of an approval the number alone, else a line for each question, such as `1: 2`. Undefined
 * for everything else, also with a word beside it or a question that comes twice. Pure.
 */
export function answersIn(questionnaire: MailQuestionnaire, text: string): MailAnswers | undefined {
  const approval = approvalOf(questionnaire);
  if (approval) {
    const value = optionIn(approval, text);
    return value === undefined ? undefined : [[value]];
  }
  const { questions } = questionnaire;
  const given = new Map<number, string>();
  for (const one of text.split('\n').filter((row) => !isBlank(row))) {
    const [, number = '', said = ''] = /^\s*(\d{1,2})\s*[:.)]\s*(\S.*)$/.exec(one) ?? [];
    if (!(Number(number) >= 1 && Number(number) <= questions.length) || given.has(Number(number))) return undefined;
    given.set(Number(number), said.trim());
  }
  if (given.size === 0) return undefined;
  const values = questions.map((question, index) => valuesIn(question, given.get(index + 1)));
  return values.every((one) => one !== undefined)
    ? fittingAnswers(
        questionnaire,
        values.map((one) => one ?? []),
      )
    : undefined;
}

function valuesIn(question: MailQuestion, said: string | undefined): readonly string[] | undefined {
  if (said === undefined) return [];
  if (question.type === 'choice' || question.type === 'choices') {
    const values = said
      .split(/[\s,]+/)
      .filter((one) => one !== '')
      .map((one) => optionIn(question, one));
    return values.every((one) => one !== undefined) ? values.flatMap((one) => one ?? []) : undefined;
  }
  return question.type === 'jids' ? said.split(/[\s,]+/) : [said];
}

/** The value of the option that a text names, if it is nothing but one of the numbers. */
function optionIn({ options }: MailQuestion, text: string): string | undefined {
  const found = /^\s*(\d{1,2})\s*[.)]?\s*$/.exec(text)?.[1];
  return found === undefined ? undefined : options[Number(found) - 1]?.value;
}
