import type { BridgeDefinition } from '#src/bridge.ts';
import type { CoreTransport } from '#src/core/transport.ts';
import type { Event } from '#src/model/event.ts';

type Facts = Pick<CoreTransport, 'charges' | 'budgets' | 'expiry'>;

/** What the journal has to know of a transport: what its events cost, and how long (ms) its operator has them tried. */
export function journalFacts(
  { definition: { charges, budgets } }: { readonly definition: BridgeDefinition },
  settings: unknown,
  expiry: number | undefined,
): Facts {
  return {
    ...(expiry !== undefined && { expiry }),
    ...(charges && { charges: (event: Event) => charges(settings, event) }),
    ...(budgets && { budgets: budgets(settings) }),
  };
}
