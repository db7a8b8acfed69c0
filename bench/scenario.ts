import { setTimeout as delay } from 'node:timers/promises';
import type { Flow } from './load/flow.ts';
import type { World } from './load/world.ts';
import { cpuSeconds, residentMegabytes } from './measure.ts';
import type { Turns } from './turns.ts';

/** What was measured, by name; the columns of the table and their order come from the scenario. */
export type Figures = Readonly<Record<string, number>>;

/** A target under load. */
export type Bench = {
  readonly world: World;
  /** The target's process. */
  readonly pid: number;
  /** CPU seconds of the target that are not measured, and that are: so a busy machine takes longer, no more. */
  readonly warm: number;
  readonly seconds: number;
  /** Of those who measure beside this one. */
  readonly turns: Turns;
};

export type Scenario = {
  readonly name: string;
  readonly title: string;
  readonly users: number;
  /** Left out unless asked for by name. */
  readonly large?: boolean;
  /** Measured once, however many rounds there are. */
  readonly once?: boolean;
  /** On a disk, and only for targets that keep a message before they acknowledge it. */
  readonly durable?: boolean;
  /** Plays it to its end. Throws a `Violation` when something is lost or out of order. */
  play(bench: Bench): Promise<Figures>;
};

/** Messages that are under way at most. */
export const WINDOW = 500;

/**
 * Warms up, then measures until the target has spent its time and all has arrived. `weight` is the number of stanzas that one
 * message of the flow stands for. Gives CPU seconds of the target for 100,000, the number a second, its memory in MB, and
 * how busy the load's own process was (1 is a whole core). Others have their turn after the warm-up and after each slice.
 */
export async function measureFlow(flow: Flow, bench: Omit<Bench, 'world'>, weight = 1): Promise<Figures> {
  const { pid, warm, seconds, turns } = bench;
  const all: Slice = { cpu: 0, own: 0, done: 0, took: 0 };
  await slice(flow, { pid, seconds: warm });
  for (let left = SLICES; left > 0; left--) {
    turns.give();
    await turns.take();
    const one = await slice(flow, { pid, seconds: seconds / SLICES });
    for (const key of ['cpu', 'own', 'done', 'took'] as const) all[key] += one[key];
  }
  const stanzas = all.done * weight;
  return {
    cpu: (all.cpu / stanzas) * 100_000,
    rate: stanzas / all.took,
    rss: residentMegabytes(pid),
    load: all.own / all.took,
  };
}

/** Pieces of a measurement. */
const SLICES = 8;

/** CPU seconds of the target and of this process, messages and seconds. */
type Slice = Record<'cpu' | 'own' | 'done' | 'took', number>;

async function slice(flow: Flow, { pid, seconds }: Pick<Bench, 'pid' | 'seconds'>): Promise<Slice> {
  const before = { cpu: cpuSeconds(pid), own: process.cpuUsage(), done: flow.done, at: performance.now() };
  flow.open();
  flow.fill();
  await spent(pid, seconds);
  flow.close();
  await flow.settled();
  const own = process.cpuUsage(before.own);
  return {
    cpu: cpuSeconds(pid) - before.cpu,
    own: (own.user + own.system) / 1e6,
    done: flow.done - before.done,
    took: (performance.now() - before.at) / 1000,
  };
}

/** The wall time may be so many times the CPU time: the load of a target that only waits ends too. */
const PATIENCE = 10;

/** Resolves once the process has used so many more seconds of CPU. */
async function spent(pid: number, seconds: number): Promise<void> {
  const until = cpuSeconds(pid) + seconds;
  const limit = performance.now() + seconds * 1000 * PATIENCE;
  while (cpuSeconds(pid) < until && performance.now() < limit) await delay(20);
}
