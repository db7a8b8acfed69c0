import type { Ids } from '#src/core/ids.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Draft } from '#src/model/event.ts';

export type AcceptContext = {
  readonly ids: Pick<Ids, 'repeated'>;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft): void | Promise<void>;
};

/** Takes a network's draft, unless it was told before: then false. The store is asked only for what is durable. */
export const accept = (context: AcceptContext, draft: Draft, durable: boolean): boolean | Promise<boolean> =>
  chain(context.ids.repeated(draft, durable), (again) => {
    if (again) return chain(context.repeated(draft), () => false);
    // What one of ours has said was archived where it was said.
    return draft.from.kind === 'network' || draft.seenBy === undefined;
  });
