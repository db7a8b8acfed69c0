import { commandTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Step } from '#src/bridge.ts';
import type { ContactRefusals } from '#src/core/people/refusals.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { Words } from '#src/model/language.ts';
import type { BoundCommand } from './talks.ts';

const NOTHING_ASKED: readonly Step[] = [];

/** `block` and `unblock` on contacts: what a server knows of a block list (XEP-0191) it does not tell us. */
export function blockCommands({ refusals }: { readonly refusals: ContactRefusals }): readonly BoundCommand[] {
  const command = (node: string, title: Words, act: (...at: Parameters<ContactRefusals['lift']>) => Words) =>
    ({
      node,
      title,
      on: 'contact',
      who: 'user',
      async *run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, Words, Answer> {
        yield* NOTHING_ASKED;
        if (place.kind !== 'contact') throw new Failure('not-allowed');
        return act(account, place.id);
      },
    }) as const;
  return [
    command('block', texts.block, (account, id) => {
      refusals.refuse(account, id, 'blocked');
      return texts.blocked;
    }),
    command('unblock', texts.unblock, (account, id) => {
      refusals.lift(account, id);
      return texts.unblocked;
    }),
  ];
}
