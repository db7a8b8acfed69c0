import { levelIn } from '#mappings/parts.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Choices } from '#src/core/accounts/choices.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Capabilities, Chosen, Feature, NetworkMapping, Target } from '#src/model/capabilities.ts';
import type { Language } from '#src/model/language.ts';

/** One side as the target of drafts: what it carries, the rungs that were chosen for the rest, and the language of its reader. */
export type Side = { readonly target: Target; readonly chosen: Chosen; readonly language?: Language };

/** What the tables say of a transport, with the choices of its operator and its users. */
export type Tables = {
  /** The rungs that hold at a place for an account, or for all who share it. */
  readonly chosen: Choices['at'];
  readonly xmpp: Target;
  /** The network as a target, by what is carried at a place. */
  network(carried: Capabilities): Target;
  /** Whether its network can speak of earlier messages. */
  readonly refers: boolean;
  /** What is kept of its rooms. */
  readonly recorded: Transport['history'] & { readonly refers: boolean };
};

const REFERRING: readonly Feature[] = ['reaction', 'edit', 'reply'];

/** Reads the tables of all transports once. */
export function openTables(
  transports: ReadonlyMap<string, Transport>,
  choices: Pick<Choices, 'at'>,
): ReadonlyMap<string, Tables> {
  const tablesOf = ({ mapping, history }: Transport): Tables => {
    const refers = REFERRING.some((feature) => levelIn(mapping.facts.in, feature) !== 'none');
    const recorded = { ...history, refers };
    return { chosen: choices.at, xmpp: inward(mapping), network: targets(mapping), refers, recorded };
  };
  return new Map([...transports].map(([domain, transport]) => [domain, tablesOf(transport)]));
}

/** Most of what goes out is carried alike: a target is made once for each of the capabilities that a bridge answers with. */
function targets(mapping: NetworkMapping): Tables['network'] {
  const known = new WeakMap<Capabilities, Target>();
  return (carried) => {
    const target = known.get(carried) ?? outward(mapping, carried);
    known.set(carried, target);
    return target;
  };
}
