import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/index.ts';
import { targets, usualTargets } from './targets/index.ts';

export type Options = {
  readonly scenarios: readonly string[];
  readonly targets: readonly string[];
  readonly rounds: number;
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
      caps: { type: 'string', default: 'echo-message,multi-prefix' },
      out: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const { quick, large, scenario, target, rounds = quick ? '1' : '3', caps } = values;
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error('--rounds is a number from 1 to 99');
  return {
    scenarios: known(scenario, scenarios, 'scenario') ?? usual(large),
    targets: known(target, targets, 'target') ?? usualTargets.map(({ name }) => name),
    rounds: Number(rounds),
    warm: quick ? 0.3 : 1,
    seconds: quick ? 0.5 : 2,
    caps: caps === 'none' ? [] : caps.split(','),
    out: values.out,
    profile: values.profile,
  };
}

const usual = (large: boolean): string[] => scenarios.filter((one) => large || !one.large).map(({ name }) => name);

function known(wanted: string[] | undefined, all: readonly { readonly name: string }[], what: string) {
  const wrong = wanted?.find((name) => !all.some((one) => one.name === name));
  if (wrong !== undefined)
    throw new Error(`no ${what} is called ${wrong}; there are ${all.map(({ name }) => name).join(', ')}`);
  return wanted;
}
