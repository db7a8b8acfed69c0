import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/index.ts';
import type { Target } from './target.ts';
import { atCommit, namesCommit } from './targets/commit.ts';
import { targets, usualTargets } from './targets/index.ts';

export type Options = {
  readonly scenarios: readonly string[];
  readonly targets: readonly Target[];
  readonly rounds: number;
  /** The first two targets are compared with each other, round by round. */
  readonly pairs: boolean;
  /** CPU seconds of the target before and within a measurement. */
  readonly warm: number;
  readonly seconds: number;
  /** Capabilities that the IRC server offers. */
  readonly caps: readonly string[];
  /** A folder for the raw figures and the chart. */
  readonly out: string | undefined;
  /** A folder for CPU profiles of Isthmus. */
  readonly profile: string | undefined;
};

export const USAGE = `npm run bench -- [options]
  --quick            under a minute: one round, short measurements
  --scenario NAME    only this one (may be repeated): ${scenarios.map(({ name }) => name).join(' ')}
  --target NAME      only this one (may be repeated): ${targets.map(({ name }) => name).join(' ')}
                     isthmus:COMMIT is what a commit of this repository has; with one, two targets are compared
  --pairs N          two targets are compared in N pairs of runs (default 7, with a commit); fails where the first is worse
  --rounds N         the targets take turns N times, medians are shown (default 3)
  --large            with 5,000 connected users
  --caps LIST        what the IRC server offers (default echo-message,multi-prefix; none)
  --out DIR          where latest.json and chart.svg go
  --profile DIR      leave CPU profiles of Isthmus there`;

/** Reads the arguments. Throws an Error with what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true },
      target: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      pairs: { type: 'string' },
      caps: { type: 'string', default: 'echo-message,multi-prefix' },
      out: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const { quick, large, scenario, target, caps } = values;
  const pairs = values.pairs ?? (target?.some(namesCommit) ? PAIRS : undefined);
  if (pairs !== undefined && target?.length !== 2) throw new Error('pairs are of two targets: name both');
  const rounds = pairs ?? values.rounds ?? (quick ? '1' : '3');
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error('--rounds and --pairs are numbers from 1 to 99');
  return {
    scenarios: known(scenario, scenarios, 'scenario') ?? usual(large),
    targets: target === undefined ? usualTargets : target.map(targetOf),
    rounds: Number(rounds),
    pairs: pairs !== undefined,
    warm: quick ? 0.3 : 1,
    seconds: quick ? 0.5 : 2,
    caps: caps === 'none' ? [] : caps.split(','),
    out: values.out,
    profile: values.profile,
  };
}

/** Fewer pairs have no interval of 95 % that leaves anything out. */
const PAIRS = '7';

function targetOf(name: string): Target {
  if (namesCommit(name)) return atCommit(name);
  known([name], targets, 'target');
  return targets.find((one) => one.name === name) as Target;
}

const usual = (large: boolean): string[] => scenarios.filter((one) => large || !one.large).map(({ name }) => name);

function known(wanted: string[] | undefined, all: readonly { readonly name: string }[], what: string) {
  const wrong = wanted?.find((name) => !all.some((one) => one.name === name));
  if (wrong !== undefined)
    throw new Error(`no ${what} is called ${wrong}; there are ${all.map(({ name }) => name).join(', ')}`);
  return wanted;
}
