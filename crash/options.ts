import { parseArgs } from 'node:util';
import { faults } from './faults/index.ts';
import { smsFaults } from './sms/faults.ts';

const NETWORKS = ['pigeon', 'sms', 'email', 'email-accounts', 'matrix', 'matrix-accounts', 'matrix-synapse'] as const;
export type NetworkName = (typeof NETWORKS)[number];

export type Options = {
  readonly network: NetworkName;
  readonly cycles: number;
  readonly store: 'sqlite' | 'postgres';
  readonly seed: number;
  /** Messages a second, each way. */
  readonly rate: number;
  readonly fault: string | undefined;
  /** A gateway that is wrong on purpose. */
  readonly hasty: boolean;
  /** Half of the users are of another server, which goes away and comes back. */
  readonly far: boolean;
  /** Where the store and the log of a run go whose books are not in order. */
  readonly keep: string | undefined;
};

export const USAGE = `npm run crash -- [options]
  --network NAME   pigeon, which is the invented network of the tests, sms, email, email-accounts (mailboxes of users' own),
                   matrix (its application service), matrix-accounts (users' own, half of their rooms encrypted)
                   or matrix-synapse (both, with a real Synapse and clients of others); default pigeon
  --cycles N       how often the gateway is killed; how many runs there are with the others (default 200)
  --store KIND     sqlite or postgres (default sqlite)
  --rate R         messages a second, each way (default 200; 60 with sms, 30 with email and matrix, 15 with accounts,
                   4 with a real Synapse)
  --seed S         a number that chooses where it is killed (default: another one each time)
  --hasty          a gateway that acknowledges before the commit, or that sends a text again without asking whether
                   it went: this must be noticed
  --far            half of the users are of another server, which goes away and comes back; only with pigeon
  --keep DIR       a folder for the store and the log of the gateway, where the books are not in order
  --fault NAME     no kills, but one of: ${Object.keys(faults).join(' ')}
                   or, of sms: ${Object.keys(smsFaults).join(' ')}
Ends with 1 where something was lost, came twice, came out of order or was not answered.`;

const RATES: Readonly<Record<NetworkName, string>> = {
  pigeon: '200',
  sms: '60',
  email: '30',
  'email-accounts': '15',
  matrix: '30',
  'matrix-accounts': '15',
  'matrix-synapse': '4',
};

/** Reads the arguments. Throws an Error with what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      network: { type: 'string' },
      cycles: { type: 'string', default: '200' },
      store: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      rate: { type: 'string' },
      hasty: { type: 'boolean', default: false },
      far: { type: 'boolean', default: false },
      fault: { type: 'string' },
      keep: { type: 'string' },
    },
  });
  const { fault } = values;
  const network = networkOf(values.network, fault);
  const usual = network === 'pigeon' && fault !== undefined ? faults[fault]?.store : undefined;
  if (values.far && network !== 'pigeon') throw new Error('--far is for pigeon');
  const store = values.store ?? usual ?? 'sqlite';
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store is sqlite or postgres');
  return {
    network,
    cycles: whole('--cycles', values.cycles, 1, 100_000),
    seed: whole('--seed', values.seed, 0, 2 ** 31),
    rate: whole('--rate', values.rate ?? RATES[network], 1, 2000),
    store,
    fault,
    hasty: values.hasty,
    far: values.far,
    keep: values.keep,
  };
}

/** The network that was asked for, or else the one that has the fault. */
function networkOf(name: string | undefined, fault: string | undefined): NetworkName {
  const usual = fault !== undefined && Object.hasOwn(smsFaults, fault) ? 'sms' : 'pigeon';
  const network = NETWORKS.find((one) => one === (name ?? usual));
  if (!network) throw new Error(`--network is one of ${NETWORKS.join(', ')}`);
  const there: object = { pigeon: faults, sms: smsFaults }[network as string] ?? {};
  if (fault !== undefined && !Object.hasOwn(there, fault))
    throw new Error(`no fault is called ${fault}; there are ${Object.keys(there).join(', ')}`);
  return network;
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name} is a number from ${least} to ${most}`);
}
