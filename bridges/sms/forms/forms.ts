import { z } from 'zod';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import type { Form } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';
import { type Questionnaire, questionnaireSchema, stepsOf, textOf } from './questions.ts';

const DAY = 24 * 3_600_000;
/** How long a form can be answered, and how long after its end somebody who answers it hears that it has ended. */
export const FORM_TIME = DAY;
export const ENDED_TIME = DAY;
/** Texts that repeat a question or explain something, of one form. */
const MOST_EXTRA = 5;
const MOST_CODES = 3;

/** Why a form has ended. */
const ends = ['answered', 'left', 'expired', 'stopped', 'locked'] as const;
export type FormEnd = (typeof ends)[number];

/** A form on its way through the questions, as it is kept. Times in milliseconds since 1970. */
export const formSchema = z.object({
  /** The event that brought it. */
  id: z.string(),
  account: z.string(),
  our: z.string(),
  their: z.string(),
  thread: z.string().optional(),
  plan: questionnaireSchema,
  step: z.number(),
  /** The numbers that were chosen, by the questions' names. */
  chosen: z.record(z.string(), z.array(z.number())),
  until: z.number(),
  end: z.enum(ends).optional(),
  /** Whether nothing else went to the phone since the last text of the form. */
  fresh: z.boolean(),
  codes: z.number(),
  extra: z.number(),
  /** A text that is still to be sent, and how often that was tried. */
  unsent: z.string().optional(),
  /** Whether that is one that was not paid for when the form was taken. */
  unpaid: z.boolean().optional(),
  tries: z.number(),
});
export type OpenForm = z.infer<typeof formSchema>;

/** `counts`: the text was for the form and for nobody else. */
export type FormReply = { readonly form: OpenForm; readonly counts: boolean };

const LEFT = 'You have left these questions. Nothing was passed on.';
const THANKS = 'Thank you, your answers were passed on.';
const TAKEN = 'This was answered already. The first answer counts.';
const OVER = 'These questions are closed. Your answer was not passed on.';
const WRONG = 'The code was wrong too often. These questions are closed.';

/** Whether it waits for an answer. */
export const isOpen = ({ end, until }: OpenForm, now: number): boolean => end === undefined && now < until;

/** A text that the form needs: it was paid for with the form. */
const saying = ({ unpaid: _, ...form }: OpenForm, text: string): OpenForm => ({
  ...form,
  unsent: text,
  tries: 0,
  fresh: true,
});

/** One that it does not need. */
const beyond = (form: OpenForm, text: string): OpenForm => ({ ...saying(form, text), unpaid: true });

/** One more text that no question needs, while there may be one and nothing else is about to be said. */
const extra = (form: OpenForm, text: string): OpenForm =>
  form.extra < MOST_EXTRA && form.unsent === undefined ? beyond({ ...form, extra: form.extra + 1 }, text) : form;

const again = (form: OpenForm): OpenForm => extra(form, textOf(form.plan, form.step));
const ended = (form: OpenForm, end: FormEnd): OpenForm => ({ ...form, end });

/**
 * What a text from the phone does to its form. An answer counts only if it is exactly an option, and nothing else was
 * sent since the question: then it is not known what it answers, so it goes its usual way and the question is asked
 * again. Pure.
 */
export function heard(form: OpenForm, text: string, now: number): FormReply {
  const said = text.trim();
  const ignored: FormReply = { form, counts: false };
  if (!/^\d{1,8}$|^\d{1,2}(?:[ ,]{1,3}\d{1,2}){1,59}$/.test(said)) return ignored;
  if (!isOpen(form, now)) {
    const known = form.fresh && isKnown(form, said);
    return known ? { form: extra(form, form.end === 'answered' ? TAKEN : OVER), counts: true } : ignored;
  }
  const next = said === '0' ? saying(ended(form, 'left'), LEFT) : advanced(form, said);
  if (next && !form.fresh) return { form: again(form), counts: false };
  if (next) return { form: next, counts: true };
  if (!form.fresh) return ignored;
  if (isKnown(form, said)) return { form: extra(form, TAKEN), counts: true };
  // Longer numbers mean something to somebody else, and so does what the phone was told about often enough.
  const asked = said.length > 2 ? form : again(form);
  return { form: asked, counts: asked !== form };
}

/** The form after an answer, or nothing if the text is none. */
function advanced(form: OpenForm, said: string): OpenForm | undefined {
  const { plan, step } = form;
  if (plan.code !== undefined && step === 0) return /^\d{4,8}$/.test(said) ? entered(form, said) : undefined;
  const question = questionAt(form);
  const parts = partsOf(said);
  const numbers = parts.map(Number);
  const fits =
    question !== undefined &&
    parts.every((one) => question.options.some(({ number }) => String(number) === one)) &&
    new Set(numbers).size === numbers.length &&
    (question.several || numbers.length === 1);
  if (!fits) return undefined;
  const nothing = question.options.filter(({ values }) => values.length === 0).map(({ number }) => number);
  // None and some at once says nothing.
  if (numbers.length > 1 && numbers.some((one) => nothing.includes(one))) return undefined;
  return onwards({ ...form, chosen: { ...form.chosen, [question.name]: numbers } });
}

function entered(form: OpenForm, said: string): OpenForm {
  if (said === form.plan.code) return onwards(form);
  const codes = form.codes + 1;
  return codes < MOST_CODES ? beyond({ ...form, codes }, textOf(form.plan, 0)) : saying(ended(form, 'locked'), WRONG);
}

function onwards(form: OpenForm): OpenForm {
  const step = form.step + 1;
  const next = { ...form, step };
  return step < stepsOf(form.plan) ? saying(next, textOf(form.plan, step)) : saying(ended(next, 'answered'), THANKS);
}

const questionAt = ({ plan, step }: OpenForm): Questionnaire['questions'][number] | undefined =>
  plan.questions[plan.code === undefined ? step : step - 1];

const partsOf = (said: string): string[] => said.split(/[ ,]+/);

/** Whether it is an answer to something that the form has asked. */
function isKnown({ plan, step }: OpenForm, said: string): boolean {
  if (plan.code === said) return true;
  const asked = plan.questions.slice(0, plan.code === undefined ? step + 1 : step);
  const numbers = new Set(asked.flatMap(({ options }) => options.map(({ number }) => String(number))));
  return partsOf(said).every((one) => numbers.has(one));
}

const WHY: Readonly<Record<Exclude<FormEnd, 'answered'>, Text>> = {
  left: texts.left,
  expired: texts.expired,
  stopped: texts.stoppedForm,
  locked: texts.locked,
};

/** What the asker gets of a form that has ended: in words, and as the form. Pure. */
export function returned({ plan, chosen, their, end = 'expired' }: OpenForm): { text: Text; form: Form<string> } {
  const verified = plan.code === undefined ? 'address' : 'code';
  if (end !== 'answered') return { text: WHY[end], form: { fields: [], ending: { state: 'cancel', by: their } } };
  const kept = Object.entries(plan.kept).map(([name, value]) => ({ name, type: 'hidden', value }) as const);
  const answers = plan.questions.map(({ name, label, several, options }) => {
    const taken = options.filter(({ number }) => chosen[name]?.includes(number));
    const field = { name, type: several ? 'choices' : 'choice', value: taken.flatMap(({ values }) => values) } as const;
    return { field, words: `${label}: ${taken.map((one) => one.label).join(', ')}` };
  });
  return {
    text: texts.answered(answers.map(({ words }) => words).join('\n'), their, verified === 'code'),
    form: {
      fields: [...kept, ...answers.map(({ field }) => field).filter(({ value }) => value.length > 0)],
      ending: { state: 'submit', by: their, verified },
    },
  };
}
