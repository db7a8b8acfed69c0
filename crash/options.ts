import { parseArgs } from 'node:util';
import { faults } from './faults/index.ts';

export type Options = {
  readonly cycles: number;
  readonly store: 'sqlite' | 'postgres';
  readonly seed: number;
  /** Messages a second, each way. */
  readonly rate: number;
  readonly fault: string | undefined;
  /** A gateway that acknowledges before the commit. */
  readonly hasty: boolean;
};

export const USAGE = `npm run crash -- [options]
  --cycles N       how often the gateway is killed (default 200)
  --store KIND     sqlite or postgres (default sqlite)
  --rate R         messages a second, each way (default 200)
  --seed S         a number that chooses where it is killed (default: another one each time)
  --hasty          a gateway that acknowledges before the commit: this must be noticed
  --fault NAME     no kills, but one of: ${Object.keys(faults).join(' ')}
Ends with 1 where something was lost, came twice, came out of order or was not answered.`;

/** Reads the arguments. Throws an Error with what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cycles: { type: 'string', default: '200' },
      store: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      rate: { type: 'string', default: '200' },
      hasty: { type: 'boolean', default: false },
      fault: { type: 'string' },
    },
  });
  const { fault } = values;
  if (fault !== undefined && !Object.hasOwn(faults, fault))
    throw new Error(`no fault is called ${fault}; there are ${Object.keys(faults).join(', ')}`);
  const store = values.store ?? (fault === undefined ? undefined : faults[fault]?.store) ?? 'sqlite';
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store is sqlite or postgres');
  return {
    cycles: whole('--cycles', values.cycles, 1, 100_000),
    seed: whole('--seed', values.seed, 0, 2 ** 31),
    rate: whole('--rate', values.rate, 1, 2000),
    store,
    fault,
    hasty: values.hasty,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name} is a number from ${least} to ${most}`);
}
