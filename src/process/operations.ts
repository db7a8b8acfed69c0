import { resolve } from 'node:path';
import { z } from 'zod';
import type { Queue } from '#src/core/index.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import { seen, textsOn, typed, typeOn } from './phones.ts';

/** Hears how far an operation is. */
export type OperationProgress = (done: number, total: number) => void;

type Operation<Args, Answer> = {
  readonly args: z.ZodType<Args>;
  run(args: Args, progress: OperationProgress): Promise<Answer>;
};

const operation = <Args, Answer>(
  args: z.ZodType<Args>,
  run: (args: Args, progress: OperationProgress) => Promise<Answer>,
): Operation<Args, Answer> => ({ args, run });

const id = z.int().min(1);
const row = z.strictObject({ id });
const filter = z.strictObject({
  transport: z.string().optional(),
  state: z.enum(['ready', 'flight', 'taken', 'parked']).optional(),
  max: z.int().min(1).max(10_000),
  full: z.boolean().optional(),
});
const look = z.strictObject({ id, body: z.boolean().optional(), full: z.boolean().optional() });

export type OperationParts = {
  readonly store: Store;
  readonly queue: Queue;
  /** Removes all that a user has, and resolves with how many accounts that were. */
  purge(user: BareJid): Promise<number>;
};

/**
 * What commands may ask of a store, in the gateway that has it open or in the command itself. What an operation refuses
 * is a `Failure` or a `StoreRefused`, with a text for the operator.
 */
export function openOperations({ store, queue, purge }: OperationParts) {
  return {
    'accounts.purge': operation(z.strictObject({ user: z.string().min(1) }), ({ user }) => purge(user as BareJid)),
    'queue.list': operation(filter, async (asked) => ({
      entries: await queue.list(asked),
      states: await queue.states(),
    })),
    'queue.show': operation(look, ({ id, body, full }) => queue.show(id, { body, full })),
    'queue.retry': operation(row, ({ id }) => queue.retry(id)),
    'queue.drop': operation(row, ({ id }) => queue.drop(id)),
    'store.backup': operation(z.strictObject({ to: z.string().min(1) }), async ({ to }, progress) => {
      await store.copy(resolve(to), progress);
      return null;
    }),
    'phone.texts': operation(seen, textsOn),
    'phone.write': operation(typed, typeOn),
    'store.check': operation(z.strictObject({}), () => store.check(true)),
  };
}

export type Operations = ReturnType<typeof openOperations>;
export type OperationName = keyof Operations;
export type ArgsOf<N extends OperationName> = z.output<Operations[N]['args']>;
export type AnswerOf<N extends OperationName> = Awaited<ReturnType<Operations[N]['run']>>;

/** Does what is asked by name. Rejects with a TypeError for what is not in the table, or not in the form that it says. */
export async function operate(
  operations: Operations,
  asked: { readonly name: string; readonly args: unknown },
  progress: OperationProgress,
): Promise<unknown> {
  const found = Object.entries(operations).find(([name]) => name === asked.name)?.[1] as
    | Operation<unknown, unknown>
    | undefined;
  if (!found) throw new TypeError('there is no such operation: the gateway is of another version');
  const args = found.args.safeParse(asked.args);
  if (!args.success) throw new TypeError('the operation does not take such arguments');
  return await found.run(args.data, progress);
}
