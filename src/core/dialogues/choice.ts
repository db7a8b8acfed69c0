import { settingTexts as texts } from '#mappings/texts/settings.ts';
import type { Step } from '#src/bridge.ts';
import type { Choices } from '#src/core/accounts/choices.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { joined, type Words } from '#src/model/language.ts';
import type { BoundCommand } from './talks.ts';

/** What becomes in one conversation of what its other side does not know: `mapping` on contacts and rooms. */
export function choiceCommands({
  choices,
}: {
  readonly choices: Pick<Choices, 'form' | 'change'>;
}): readonly BoundCommand[] {
  async function* run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, Words, Answer> {
    const form = choices.form({ account, place });
    const { what = [] } = yield { kind: 'form', form: whatOf(form) };
    const field = form.fields.find(({ name }) => name === what[0]);
    if (!field) throw new Failure('not-acceptable');
    await choices.change({ account, place }, yield { kind: 'form', form: { fields: [field] }, last: true });
    return texts.choicesDone;
  }
  const command = { node: 'mapping', title: texts.choicesHere, run };
  return (['contact', 'room'] as const).map((on): BoundCommand => ({ ...command, who: 'user', on }));
}

/** Which of the fields is to be chosen. */
const whatOf = ({ title, instructions, fields }: Form): Form => ({
  ...(title !== undefined && { title }),
  ...(instructions !== undefined && { instructions }),
  fields: [{ name: 'what', label: texts.what, type: 'choice', required: true, options: fields.map(optionOf) }],
});

/** A field as an option, with what holds for it now. */
const optionOf = ({ name, label = name, value: [now] = [], options = [] }: Field) => ({
  value: name,
  label: joined([label, ': ', options.find(({ value }) => value === now)?.label ?? now ?? ''], ''),
});
