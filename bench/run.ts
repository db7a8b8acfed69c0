// npm run bench: plays every scenario against every target, in turns, and prints the table.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { compare, pairsTable } from './pairs.ts';
import { play } from './play.ts';
import { type Cell, machine, type Results } from './results.ts';
import type { Figures, Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { table } from './table.ts';
import type { Target } from './target.ts';
import { Turns } from './turns.ts';

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const options = readOptions(args);
  const began = Date.now();
  const chosen = options.targets;
  const rows = scenarios.filter(({ name }) => options.scenarios.includes(name));
  const cells = await playAll(
    options,
    rows,
    chosen.filter((target) => target.missing() === undefined),
  );
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: Object.fromEntries(chosen.map((target) => [target.name, target.version()])),
    settings: { rounds: options.rounds, warm: options.warm, seconds: options.seconds, caps: options.caps.join(' ') },
    cells,
  };
  console.log(
    `\n${table(
      results,
      rows,
      chosen.map((target) => ({ ...target, absent: target.missing() })),
    )}\n`,
  );
  console.log(
    `CPU seconds of the process tree for 100,000, and how many a second. ${Math.round((Date.now() - began) / 1000)} s.`,
  );
  const worse = options.pairs && showPairs(cells, rows, chosen);
  if (options.out !== undefined) write(options.out, results, { rows, chosen });
  return worse || cells.some((cell) => 'failure' in cell) ? 1 : 0;
}

/** Prints how two targets compare. Tells whether the first is worse in anything. */
function showPairs(cells: readonly Cell[], rows: readonly Scenario[], [first, second]: readonly Target[]): boolean {
  if (!first || !second) return false;
  const of = ({ name }: { readonly name: string }) => compare(cells, name, [first.name, second.name]);
  console.log(`\n${pairsTable(rows, [first, second], of)}\n`);
  return rows.some((row) => of(row).some(({ worse }) => worse));
}

/** A B, B A, A B: what disturbs the machine for a while disturbs all targets, and nobody is always the first. */
async function playAll(options: Options, rows: readonly Scenario[], all: readonly Target[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const scenario of rows) {
    const present = all.filter(({ journals }) => journals || !scenario.durable);
    for (let round = 1; round <= (scenario.once && !options.pairs ? 1 : options.rounds); round++) {
      const order = round % 2 === 1 ? present : present.toReversed();
      if (options.pairs) cells.push(...(await together(options, scenario, order, round)));
      else for (const target of order) cells.push(await one(options, scenario, target, round, new Turns()));
    }
  }
  return cells;
}

/** Both run side by side, and are measured in short turns: a machine that gets busier is so for both. */
const together = (options: Options, scenario: Scenario, order: readonly Target[], round: number): Promise<Cell[]> => {
  const turns = new Turns();
  return Promise.all(order.map((target) => one(options, scenario, target, round, turns)));
};

async function one(options: Options, scenario: Scenario, target: Target, round: number, turns: Turns): Promise<Cell> {
  const name = { scenario: scenario.name, target: target.name, round };
  try {
    const figures = await play(scenario, target, { ...options, turns });
    console.log(`${scenario.name} ${target.name} ${round}: ${JSON.stringify(rounded(figures))}`);
    return { ...name, figures: rounded(figures) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    console.error(`${scenario.name} ${target.name} ${round} FAILED: ${failure}`);
    return { ...name, failure: failure.slice(0, 500) };
  }
}

const rounded = (figures: Figures): Figures =>
  Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(4))]));

function write(
  folder: string,
  results: Results,
  { rows, chosen }: { rows: readonly Scenario[]; chosen: readonly Target[] },
) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(folder, 'chart.svg'), chart(results, rows, chosen));
}

// What ends with this process is ended, and what was laid down for it removed, when it exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main(process.argv.slice(2));
