// npm run crash: kills a gateway under load again and again, or does something else to it, and closes the books.
import { startPostgres } from '../test/real/postgres.ts';
import { runCycles } from './cycles.ts';
import { faults } from './faults/index.ts';
import { type Laboratory, openLaboratory } from './laboratory.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { seeded } from './random.ts';

/** Milliseconds between two words about how far it is. */
const EVERY = 3000;
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
  const fault = options.fault === undefined ? undefined : faults[options.fault];
  const database = await postgres?.database();
  const lab = stack.use(
    await openLaboratory({ ...options, ...fault?.setting, ...(database !== undefined && { database }) }),
  );
  const began = performance.now();
  console.log(
    `${options.fault ?? `${options.cycles} cycles`} on ${options.store}, ${options.rate} messages a second each way, seed ${options.seed}`,
  );
  if (fault) figure(await fault.run(lab, { ...(postgres && { postgres }) }));
  else figure(await cycled(lab, options));
  await lab.finish();
  return report(lab, (performance.now() - began) / 1000);
}

async function cycled(lab: Laboratory, { cycles, seed }: Options): Promise<object> {
  let told = performance.now();
  const signal = firstInterrupt();
  return runCycles(lab, {
    cycles,
    random: seeded(seed),
    signal,
    onCycle(done) {
      if (performance.now() - told < EVERY) return;
      told = performance.now();
      const { told: inward, heard, repeats } = lab.ledger.figures;
      console.log(
        `  ${done} of ${cycles}: ${inward} told by the loft, ${heard} answers, ${repeats} repeats, ${lab.ledger.violations.length} violations`,
      );
    },
  });
}

/** Aborted by Ctrl-C, after which the books are closed. A second one ends everything. */
function firstInterrupt(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

function report({ ledger, starts, complaints }: Laboratory, seconds: number): number {
  figure(ledger.figures);
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
