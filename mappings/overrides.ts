import { z } from 'zod';
import type { Chosen, Direction, Feature, Ladder, Ladders, NetworkMapping } from '#src/model/capabilities.ts';
import { joined, type Text, type Words } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import { laddersOf, rungsOf } from './ladders.ts';
import { levelIn } from './parts.ts';
import { inwardLadders } from './targets.ts';
import { TITLES } from './titles.ts';

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

/** Something that users may choose for themselves. `does` tells what each rung makes of it; `usual` is the gateway's own. */
export type Choice = {
  /** As it is stored: `mapping.reaction`, `mapping.in.notice`. */
  readonly name: string;
  readonly title: Text;
  readonly rungs: readonly { readonly name: string; readonly does: Words }[];
  readonly usual: string;
};

/** Before the names of choices among the settings. */
export const CHOICE = 'mapping.';
const CHOICE_IN = `${CHOICE}in.`;

/**
 * What users of a transport may choose: where the network leaves several rungs and the operator has not fixed one. Those
 * towards XMPP come after those towards the network. Pure.
 */
export function choicesOf(mapping: NetworkMapping, overrides: Overrides): readonly Choice[] {
  const out = laddersOf(mapping.policy.out).filter(([feature]) => levelIn(mapping.facts.out, feature) !== 'full');
  const towards = (direction: Direction, ladders: readonly (readonly [Feature, Ladder])[]): readonly Choice[] => {
    const { rungs, fixed } = operatorChoice(overrides, direction);
    return ladders
      .filter((one) => isChoice(one) && !fixed.includes(one[0]))
      .map(([feature, ladder]) => ({
        name: `${direction === 'in' ? CHOICE_IN : CHOICE}${feature}`,
        title: joined(
          [TITLES[feature], WHOSE[direction === 'in' && mapping.facts.rooms === 'shared' ? 'alone' : direction]],
          ', ',
        ),
        rungs: rungsOf(ladder).map(([name, { does }]) => ({ name, does })),
        usual: rungs[feature] ?? ladder.default,
      }));
  };
  return [...towards('out', out), ...towards('in', laddersOf(inwardLadders(mapping)))];
}

/** What comes to a room that all share is the same for everybody in it. */
const WHOSE = {
  out: { en: 'from you', de: 'von Ihnen' },
  in: { en: 'to you', de: 'an Sie' },
  alone: { en: 'to you alone', de: 'an Sie allein' },
} as const;

/** Whether a choice has an effect at a place. */
export const holdsAt = (name: string, place: Place['kind']): boolean =>
  place !== 'shared' || !name.startsWith(CHOICE_IN);

/** The rungs that stand among stored settings for one direction. */
export function storedChoices(values: Readonly<Record<string, unknown>>, direction: Direction): Chosen {
  const start = direction === 'in' ? CHOICE_IN : CHOICE;
  const found = Object.entries(values).flatMap(([name, rung]) => {
    const feature = name.slice(start.length);
    return name.startsWith(start) && !feature.includes('.') && typeof rung === 'string' ? [[feature, rung]] : [];
  });
  return Object.fromEntries(found) as Chosen;
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
