import type { Ids } from '#src/core/ids.ts';
import type { Draft } from '#src/model/event.ts';

export type AcceptContext = {
  readonly ids: Pick<Ids, 'repeated'>;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft): void;
};

/** Takes a network's draft, unless it was told before: then false. The store is asked only for what is durable. */
export function accept(context: AcceptContext, draft: Draft, durable: boolean): boolean | Promise<boolean> {
  const again = context.ids.repeated(draft, durable);
  return again instanceof Promise ? again.then((late) => isNew(context, draft, late)) : isNew(context, draft, again);
}

function isNew(context: AcceptContext, draft: Draft, again: boolean): boolean {
  if (again) context.repeated(draft);
  return !again;
}
