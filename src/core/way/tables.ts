import { choose, operatorChoice } from '#mappings/overrides.ts';
import { levelIn } from '#mappings/parts.ts';
import { inward } from '#mappings/targets.ts';
import type { CoreTransport } from '#src/core/transport.ts';
import type { Chosen, Feature, Target } from '#src/model/capabilities.ts';

/** One side as the target of drafts: what it carries, and the rungs that were chosen for the rest. */
export type Side = { readonly target: Target; readonly chosen: Chosen };

/** What the tables say of a transport, with the choices of its operator. */
export type Tables = {
  /** Rungs towards the network. */
  readonly chosen: Chosen;
  readonly xmpp: Side;
  /** Whether its network can speak of earlier messages. */
  readonly refers: boolean;
};

const REFERRING: readonly Feature[] = ['reaction', 'edit', 'reply'];

/** Reads the tables of all transports once. */
export function openTables(transports: ReadonlyMap<string, CoreTransport>): ReadonlyMap<string, Tables> {
  const tablesOf = ({ mapping, overrides }: CoreTransport): Tables => {
    const target = inward(mapping);
    return {
      chosen: choose(mapping.policy.out, operatorChoice(overrides, 'out')),
      xmpp: { target, chosen: choose(target.ladders, operatorChoice(overrides, 'in')) },
      refers: REFERRING.some((feature) => levelIn(mapping.facts.in, feature) !== 'none'),
    };
  };
  return new Map([...transports].map(([domain, transport]) => [domain, tablesOf(transport)]));
}
