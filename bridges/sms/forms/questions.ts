import { z } from 'zod';
import { keywordOf } from '#bridges/sms/routing/keywords.ts';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import { segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import { excerpt } from '#mappings/split.ts';
import { Failure } from '#src/model/failure.ts';
import type { Field, Form } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';

const option = z.object({ number: z.number(), label: z.string(), values: z.array(z.string()) });
const question = z.object({
  name: z.string(),
  label: z.string(),
  /** What stands above it. */
  notes: z.array(z.string()),
  /** Whether several options may be named. */
  several: z.boolean(),
  options: z.array(option),
});

/** A form as a phone is asked it: each option has a number of its own, so that no answer fits two questions. */
export const questionnaireSchema = z.object({
  intro: z.string(),
  questions: z.array(question),
  /** What goes back as it came, by field name. */
  kept: z.record(z.string(), z.array(z.string())),
  /** What has to be entered first. It is never sent to the phone. */
  code: z.string().optional(),
});

type Question = z.infer<typeof question>;
export type Questionnaire = z.infer<typeof questionnaireSchema>;

/** A hidden field of this name demands a code of four to eight digits, which the person was given in another way. */
export const CODE_FIELD = 'isthmus#code';

const MOST_QUESTIONS = 10;
/** Options of all questions together: their numbers have two digits at most. */
const MOST_OPTIONS = 60;
const LAST_NUMBER = 99;
/** Code points of a label. */
const LABEL = 100;

const refused = (text: Text) => new Failure('not-acceptable', { text });
const line = (text: string): string => excerpt(text.replace(/\s+/g, ' ').trim(), LABEL);

/**
 * What is asked, with options numbered from `from` or, where there is no room for them, from 1. `body` stands in the
 * place of title and instructions: it is for those who do not see the form. Pure. Throws a `Failure` for what cannot be
 * answered in digits.
 */
export function questionnaireOf(form: Form<string>, body: string, from: number): Questionnaire {
  const title = [form.title, form.instructions].filter((one) => one !== undefined && one.trim() !== '').join('\n');
  const plan: Questionnaire = { intro: body.trim() || title, questions: [], kept: {} };
  let notes: string[] = [];
  for (const field of form.fields) {
    if (field.type === 'note') notes.push(...(field.value ?? []));
    const asked = optionsOf(field);
    if (asked.length > 0) {
      const { name, label = name } = field;
      const options = asked.map((one) => ({ ...one, number: 0 }));
      plan.questions.push({ name, label: line(label), notes, several: field.type === 'choices', options });
      notes = [];
    } else keep(plan, field);
  }
  return numbered(checked(plan), from);
}

function keep(plan: Questionnaire, { name, type, label = name, value = [], required }: Field<string>): void {
  if (type === 'note') return;
  if (type === 'hidden' && name === CODE_FIELD) {
    const [code = ''] = value;
    if (!/^\d{4,8}$/.test(code)) throw refused(texts.badCode);
    plan.code = code;
  } else if (value.length > 0) plan.kept[name] = [...value];
  else if (required) throw refused(texts.onlyChoices(line(label)));
}

/** The options of a field that is a question, none for any other. */
function optionsOf({ name, type, label = name, options = [], required }: Field<string>) {
  if (type === 'boolean')
    return [
      { label: 'True', values: ['true'] },
      { label: 'False', values: ['false'] },
    ];
  if (type !== 'choice' && type !== 'choices') return [];
  const found = options.map((one) => ({ label: line(one.label ?? one.value), values: [one.value] }));
  if (found.length === 0) throw refused(texts.noOptions(line(label)));
  return required ? found : [...found, { label: 'None of these', values: [] }];
}

function checked(plan: Questionnaire): Questionnaire {
  const { questions } = plan;
  const options = questions.flatMap((one) => one.options);
  if (options.length === 0) throw refused(texts.noDigits);
  if (questions.length > MOST_QUESTIONS || options.length > MOST_OPTIONS)
    throw new Failure('too-large', {
      text: texts.mostQuestions(MOST_QUESTIONS, MOST_OPTIONS),
    });
  // Whoever answers in words instead would opt out.
  const word = options.find(({ label }) => keywordOf(label, undefined, false) === 'stop');
  if (word) throw refused(texts.optionStops(word.label));
  return plan;
}

function numbered(plan: Questionnaire, from: number): Questionnaire {
  const count = plan.questions.reduce((sum, { options }) => sum + options.length, 0);
  let number = from + count - 1 > LAST_NUMBER ? 1 : from;
  const questions = plan.questions.map((one) => ({
    ...one,
    options: one.options.map((each) => ({ ...each, number: number++ })),
  }));
  return { ...plan, questions };
}

/** The number behind the last option. */
export const nextNumber = ({ questions }: Questionnaire): number => (questions.at(-1)?.options.at(-1)?.number ?? 0) + 1;

const CODE = 'Reply with the code that you were given, in digits only. 0 leaves.';

/** The text of a step: the code, where one is wanted, then each question. Pure. */
export function textOf({ questions, code }: Questionnaire, step: number): string {
  const at = code === undefined ? step : step - 1;
  if (at < 0) return CODE;
  const asked = questions[at];
  if (!asked) throw new Error('there is no such question');
  return [
    ...asked.notes,
    asked.label,
    ...asked.options.map(({ number, label }) => `${number} ${label}`),
    how(asked),
  ].join('\n');
}

const how = ({ several, options: [first, second] }: Question): string =>
  several && first && second
    ? `Reply with the numbers only, such as ${first.number} ${second.number}. 0 leaves.`
    : 'Reply with the number only. 0 leaves.';

/** How many texts it takes. */
export const stepsOf = ({ questions, code }: Questionnaire): number => questions.length + (code === undefined ? 0 : 1);

/** The first text, with what it is about. */
export const opening = (plan: Questionnaire): string =>
  [plan.intro, textOf(plan, 0)].filter((one) => one !== '').join('\n');

/** What all of it costs at most, in segments, but for texts that repeat a question; `name` leaves room for a speaker. */
export function costOf(plan: Questionnaire, name: string): number {
  const later = Array.from({ length: stepsOf(plan) - 1 }, (_, index) => textOf(plan, index + 1));
  const closing = 1;
  return [name + opening(plan), ...later].reduce((sum, text) => sum + segmentsOf(smartEncode(text)), closing);
}
