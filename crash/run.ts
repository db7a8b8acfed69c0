// npm run crash: kills a gateway under load again and again, or does something else to it, and closes the books.
import { type Postgres, startPostgres } from '../test/real/postgres.ts';
import { runCycles } from './cycles.ts';
import { ownMailNetwork } from './email/accounts/network.ts';
import { playOwnMailRuns } from './email/accounts/runs.ts';
import { emailNetwork } from './email/network.ts';
import { playMailRuns } from './email/runs.ts';
import { faults } from './faults/index.ts';
import { type Laboratory, type LaboratoryOptions, openLaboratory } from './laboratory.ts';
import { accountsNetwork } from './matrix/accounts/network.ts';
import { playAccountsRuns } from './matrix/accounts/runs.ts';
import { matrixNetwork } from './matrix/network.ts';
import { playMatrixRuns } from './matrix/runs.ts';
import { synapseNetwork } from './matrix/synapse/network.ts';
import { playSynapseRuns } from './matrix/synapse/runs.ts';
import type { Load, Network } from './network.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { pigeonNetwork } from './pigeon/network.ts';
import { seeded } from './random.ts';
import type { Place, RunsOptions } from './runs.ts';
import { smsFaults } from './sms/faults.ts';
import { type SmsWorld, smsNetwork } from './sms/network.ts';
import { playSmsRuns } from './sms/runs.ts';

/** Milliseconds between two words about how far it is. */
const EVERY = 3000;
/** So many starts are worth a bundle. */
const MANY = 20;
/** Violations that are printed. */
const SHOWN = 40;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const options = readOptions(args);
  await using stack = new AsyncDisposableStack();
  const postgres = options.store === 'postgres' ? stack.use(await startPostgres({ fsync: true })) : undefined;
  const database = await postgres?.database();
  const { network, store, rate, seed } = options;
  const far = options.far ? ', half of its users at another server,' : '';
  console.log(
    `${options.fault ?? `${options.cycles} cycles`} with ${network}${far} on ${store}, ${rate} messages a second each way, seed ${seed}`,
  );
  const bundled = options.fault === undefined && options.cycles >= MANY;
  const lent = {
    ...(postgres && { postgres }),
    where: { ...options, ...(database !== undefined && { database }), bundled },
  };
  const play = {
    pigeon: withPigeon,
    sms: withSms,
    email: withWorld(emailNetwork, playMailRuns),
    'email-accounts': withWorld(ownMailNetwork, playOwnMailRuns),
    matrix: withWorld(matrixNetwork, playMatrixRuns),
    'matrix-accounts': withWorld(accountsNetwork, playAccountsRuns),
    'matrix-synapse': withWorld(synapseNetwork, playSynapseRuns),
  }[network];
  return await play(options, lent);
}

type Lent = { readonly postgres?: Postgres; readonly where: LaboratoryOptions };

async function withPigeon(options: Options, { postgres, where: usual }: Lent): Promise<number> {
  const fault = options.fault === undefined ? undefined : faults[options.fault];
  await using lab = await openLaboratory({ ...usual, ...fault?.setting }, pigeonNetwork);
  const { cycles, seed } = options;
  return await closed(lab, options, () =>
    fault
      ? fault.run(lab, { ...(postgres && { postgres }) })
      : runCycles(lab, { cycles, random: seeded(seed), signal: firstInterrupt(), onCycle: progress(lab, cycles) }),
  );
}

async function withSms(options: Options, { where }: Lent): Promise<number> {
  let opened: SmsWorld | undefined;
  const network = smsNetwork((world) => {
    opened = world;
  });
  const fault = options.fault === undefined ? undefined : smsFaults[options.fault];
  await using lab = await openLaboratory({ ...where, ...fault?.setting }, network);
  if (!opened) throw new Error('the laboratory has opened no network');
  const place = { lab, world: opened, random: seeded(options.seed) };
  const { cycles: runs } = options;
  return await closed(lab, options, () =>
    fault ? fault.run(place) : playSmsRuns(place, { runs, signal: firstInterrupt(), onRun: progress(lab, runs) }),
  );
}

/** Plays runs with the world of a network. */
const withWorld =
  <L extends Load, World>(
    networkWith: (ready: (world: World) => void) => Network<L>,
    play: (place: Place<L, World>, options: RunsOptions<never>) => Promise<object>,
  ) =>
  async (options: Options, { where }: Lent): Promise<number> => {
    let world: World | undefined;
    const network = networkWith((opened) => {
      world = opened;
    });
    await using lab = await openLaboratory(where, network);
    if (!world) throw new Error('the laboratory has opened no network');
    const place = { lab, world, random: seeded(options.seed) };
    const { cycles: runs } = options;
    return await closed(lab, options, () =>
      play(place, { runs, signal: firstInterrupt(), onRun: progress(lab, runs) }),
    );
  };

type Books = Pick<Laboratory<Load>, 'ledger' | 'starts' | 'complaints' | 'figures' | 'finish' | 'keep'>;

/** Does something, and closes the books. */
async function closed(lab: Books, { keep }: Options, work: () => Promise<object>): Promise<number> {
  const began = performance.now();
  figure(await work());
  await lab.finish();
  if (keep !== undefined && lab.ledger.violations.length > 0) lab.keep(keep);
  return report(lab, (performance.now() - began) / 1000);
}

/** Says now and then how far it is. */
function progress({ ledger }: Books, of: number): (done: number) => void {
  let said = performance.now();
  return (done) => {
    if (performance.now() - said < EVERY) return;
    said = performance.now();
    const { told, heard, repeats } = ledger.figures;
    console.log(
      `  ${done} of ${of}: ${told} told by the network, ${heard} answers, ${repeats} repeats, ${ledger.violations.length} violations`,
    );
  };
}

/** Aborted by Ctrl-C, after which the books are closed. A second one ends everything. */
function firstInterrupt(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

function report({ ledger, starts, complaints, figures }: Books, seconds: number): number {
  figure({ ...ledger.figures, ...figures() });
  const sorted = [...starts].sort((a, b) => a - b).map((ms) => `${(ms / 1000).toFixed(2)} s`);
  figure({ starts: starts.length, median: sorted[Math.floor(sorted.length / 2)], longest: sorted.at(-1) });
  const logged = complaints();
  if (logged.length > 0) console.log(`logged as errors:\n  ${logged.join('\n  ')}`);
  console.log(`${Math.round(seconds)} s`);
  const { violations } = ledger;
  if (violations.length === 0) {
    console.log('the books are in order');
    return 0;
  }
  const more = violations.length > SHOWN ? `\n  and ${violations.length - SHOWN} more` : '';
  console.log(`VIOLATIONS\n  ${violations.slice(0, SHOWN).join('\n  ')}${more}`);
  return 1;
}

function figure(figures: object): void {
  console.log(
    Object.entries(figures)
      .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', '),
  );
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.stack : error);
  return 2;
});
