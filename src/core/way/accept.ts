import type { Ids } from '#src/core/ids.ts';
import type { Draft } from '#src/model/event.ts';

export type AcceptContext = {
  readonly ids: Pick<Ids, 'repeated'>;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft): void;
};

/** Takes a network's draft, unless it was told before: then false. The store is asked only for what is durable. */
export function accept({ ids, ...context }: AcceptContext, draft: Draft, durable: boolean): boolean | Promise<boolean> {
  const isNew = (again: boolean): boolean => {
    if (again) context.repeated(draft);
    return !again;
  };
  const repeated = ids.repeated(draft, durable);
  return repeated instanceof Promise ? repeated.then(isNew) : isNew(repeated);
}
