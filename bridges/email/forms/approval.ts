import { z } from 'zod';
import { excerpt } from '#mappings/split.ts';
import type { Form } from '#src/model/form.ts';
import { isBlank } from '#src/model/text.ts';

const MOST_OPTIONS = 20;
/** Code points of a label. */
const LABEL = 100;

/** A form that one choice answers: what it asks, the values that go back with the choice, and what there is to choose. */
export const approvalSchema = z.object({
  name: z.string(),
  question: z.string(),
  options: z.array(z.object({ label: z.string(), value: z.string() })),
  kept: z.array(z.object({ name: z.string(), value: z.array(z.string()) })),
});
export type Approval = z.infer<typeof approvalSchema>;

const line = (text: string): string => excerpt(text.replace(/\s+/g, ' ').trim(), LABEL);

/** What can be asked of a form by mail: one question with choices, and nothing else that has to be filled in. Pure. */
export function approvalOf(form: Form<string>, language: 'en' | 'de'): Approval | undefined {
  const asked = form.fields.filter(
    ({ type, value }) =>
      !['note', 'hidden'].includes(type) && (type === 'boolean' || type === 'choice' || !value?.length),
  );
  const [field] = asked;
  const kept = form.fields.flatMap(({ name, type, value = [] }) =>
    type === 'note' || name === field?.name ? [] : [{ name, value: [...value] }],
  );
  if (asked.length !== 1 || !field || (field.type !== 'boolean' && field.type !== 'choice')) return undefined;
  const yesNo = language === 'de' ? ['Ja', 'Nein'] : ['Yes', 'No'];
  const options =
    field.type === 'boolean'
      ? ['true', 'false'].map((value, at) => ({ label: yesNo[at] ?? value, value }))
      : (field.options ?? []).map(({ value, label = value }) => ({
          label: line(isBlank(label) ? value : label),
          value,
        }));
  if (options.length < 1 || options.length > MOST_OPTIONS) return undefined;
  return { name: field.name, question: line(field.label ?? field.name), options, kept };
}

/** The form as it goes back to whoever asked, with the option that was chosen. Pure. */
export function chosenForm({ name, options, kept }: Approval, option: number, by: string): Form<string> {
  const value = options[option]?.value;
  return {
    fields: [
      ...kept.map((field) => ({ ...field, type: 'hidden' as const })),
      ...(value === undefined ? [] : [{ name, type: 'choice' as const, value: [value] }]),
    ],
    ending: { state: 'submit', by, verified: 'address' },
  };
}

/** The option that a text names, if it is nothing but one of the numbers. Pure. */
export function numberOf({ options }: Approval, text: string): number | undefined {
  const found = /^\s*(\d{1,2})\s*[.)]?\s*$/.exec(text)?.[1];
  const option = found === undefined ? -1 : Number(found) - 1;
  return option >= 0 && option < options.length ? option : undefined;
}
