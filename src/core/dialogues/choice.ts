import type { Step } from '#src/bridge.ts';
import type { Choices } from '#src/core/accounts/choices.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { BoundCommand } from './talks.ts';

/** What becomes in one conversation of what its other side does not know: `mapping` on contacts and rooms. */
export function choiceCommands({
  choices,
}: {
  readonly choices: Pick<Choices, 'form' | 'change'>;
}): readonly BoundCommand[] {
  async function* run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, string, Answer> {
    const form = choices.form({ account, place });
    const { what = [] } = yield { kind: 'form', form: whatOf(form) };
    const field = form.fields.find(({ name }) => name === what[0]);
    if (!field) throw new Failure('not-acceptable');
    await choices.change({ account, place }, yield { kind: 'form', form: { fields: [field] }, last: true });
    return 'This is how it is done here from now on.';
  }
  const command = { node: 'mapping', title: 'What becomes here of what the other side does not know', run };
  return (['contact', 'room'] as const).map((on): BoundCommand => ({ ...command, who: 'user', on }));
}

/** Which of the fields is to be chosen. */
const whatOf = ({ title, instructions, fields }: Form): Form => ({
  ...(title !== undefined && { title }),
  ...(instructions !== undefined && { instructions }),
  fields: [{ name: 'what', label: 'What', type: 'choice', required: true, options: fields.map(optionOf) }],
});

/** A field as an option, with what holds for it now. */
const optionOf = ({ name, label = name, value: [now] = [], options = [] }: Field) => ({
  value: name,
  label: `${label}: ${options.find(({ value }) => value === now)?.label ?? now ?? ''}`,
});
