import type { Step } from '#src/bridge.ts';
import type { ContactRefusals } from '#src/core/people/refusals.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { BoundCommand } from './talks.ts';

const NOTHING_ASKED: readonly Step[] = [];

/** `block` and `unblock` on contacts: what a server knows of a block list (XEP-0191) it does not tell us. */
export function blockCommands({ refusals }: { readonly refusals: ContactRefusals }): readonly BoundCommand[] {
  const command = (node: string, title: string, act: (...at: Parameters<ContactRefusals['lift']>) => string) =>
    ({
      node,
      title,
      on: 'contact',
      who: 'user',
      async *run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, string, Answer> {
        yield* NOTHING_ASKED;
        if (place.kind !== 'contact') throw new Failure('not-allowed');
        return act(account, place.id);
      },
    }) as const;
  return [
    command('block', 'Hear nothing of this contact any more', (account, id) => {
      refusals.refuse(account, id, 'blocked');
      return 'You will not hear of them any more.';
    }),
    command('unblock', 'Hear this contact again', (account, id) => {
      refusals.lift(account, id);
      return 'You will hear of them again.';
    }),
  ];
}
