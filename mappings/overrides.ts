import { z } from 'zod';
import type { Chosen, Direction, Feature, Ladder, Ladders, NetworkMapping } from '#src/model/capabilities.ts';
import { laddersOf, rungsOf } from './ladders.ts';
import { inwardLadders } from './targets.ts';

/** What the operator of a transport has written: rungs by feature, those towards XMPP under `in`. */
export type Overrides = Readonly<Record<string, unknown>> & {
  readonly in?: Readonly<Record<string, unknown>> | null | undefined;
  readonly fixed?: readonly string[] | undefined;
};

/** The part of the overrides that holds in one direction. */
export type OperatorChoice = { readonly rungs: Chosen; readonly fixed: readonly string[] };

export function operatorChoice(overrides: Overrides, direction: Direction): OperatorChoice {
  const rungs = direction === 'in' ? (overrides.in ?? {}) : overrides;
  return { rungs: rungs as Chosen, fixed: overrides.fixed ?? [] };
}

/**
 * The rungs that hold: the conversation's choice, then the account's, then the operator's; the table's own is left out.
 * Where the operator has fixed a feature, nobody else chooses. Names that the table does not know are passed over.
 */
export function choose(
  table: Ladders,
  operator: OperatorChoice,
  account: Chosen = {},
  conversation: Chosen = {},
): Chosen {
  const chosen: Partial<Record<Feature, string>> = {};
  for (const [feature, ladder] of laddersOf(table)) {
    const theirs = operator.fixed.includes(feature) ? [] : [conversation[feature], account[feature]];
    const names = new Set(rungsOf(ladder).map(([name]) => name));
    const name = [...theirs, operator.rungs[feature]].find((one) => one !== undefined && names.has(one));
    if (name !== undefined) chosen[feature] = name;
  }
  return chosen;
}

/** The schema of `mapping:` under a transport, made from its table: a feature or rung that is not there is an error. */
export function overrideSchema(mapping: NetworkMapping) {
  const inward = inwardLadders(mapping);
  const choosable = [...laddersOf(mapping.policy.out), ...laddersOf(inward)].filter(isChoice);
  const features = [...new Set(choosable.map(([feature]) => feature))];
  return z.strictObject({
    ...rungFields(mapping.policy.out),
    in: z.strictObject(rungFields(inward)).nullish().describe('The same for what comes from the network'),
    fixed: z
      .array(z.enum(features))
      .optional()
      .meta({ examples: [[]] })
      .describe('The features for which users may not choose for themselves'),
  });
}

function rungFields(ladders: Ladders): Record<string, z.ZodOptional<z.ZodEnum>> {
  return Object.fromEntries(
    laddersOf(ladders)
      .filter(isChoice)
      .map(([feature, ladder]) => [feature, rungField(ladder)]),
  );
}

/** A ladder of one rung leaves nothing to choose. */
const isChoice = ([, ladder]: readonly [Feature, Ladder]): boolean => rungsOf(ladder).length > 1;

function rungField(ladder: Ladder): z.ZodOptional<z.ZodEnum> {
  const names = rungsOf(ladder).map(([name]) => name);
  return z
    .enum(names)
    .optional()
    .meta({ examples: [ladder.default] })
    .describe(`One of ${names.join(', ')}`);
}
