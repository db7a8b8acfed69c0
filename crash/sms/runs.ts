import { setTimeout as delay } from 'node:timers/promises';
import type { Laboratory } from '../laboratory.ts';
import { points } from '../points.ts';
import { between, oneOf, type Random } from '../random.ts';
import type { SmsLoad, SmsWorld } from './network.ts';
import type { Mood } from './whims.ts';

/**
 * How a run ends: with a kill at a moment, when the provider has charged a text and not answered, when it has called a
 * webhook, or at a point of the gateway; with a graceful stop; or not at all, so that the next run goes on with the gateway,
 * which is three times as likely.
 */
export const ends = ['any moment', 'charged', 'called', ...points, 'stop', 'none', 'none', 'none'] as const;
export type End = (typeof ends)[number];

export type RunsOptions = {
  readonly runs: number;
  /** How runs end; in all ways if left out. */
  readonly at?: readonly End[];
  /** No more runs are begun once it is aborted. */
  readonly signal?: AbortSignal;
  /** Hears of each run that is over. */
  onRun?(done: number): void;
};

export type Runs = {
  readonly ends: Readonly<Record<string, number>>;
  readonly moods: Readonly<Record<string, number>>;
  /** How often the end that was chosen did not come in time, so that it was one at any moment. */
  readonly missed: number;
};

/** Where runs are played. */
export type Place = { readonly lab: Laboratory<SmsLoad>; readonly world: SmsWorld; readonly random: Random };

/** The longest that a run waits for its moment, and for its end, in ms. */
const MOMENT = 1200;
const PATIENCE = 1500;
/** How often something happens before it is the end. */
const PASSES = 60;
/** Moods by how often they are chosen. */
const usual: readonly Mood[] = [
  'well',
  'well',
  'mixed',
  'mixed',
  'mixed',
  'unclear',
  'unclear',
  'slow',
  'busy',
  'down',
];
/** Of a hundred runs so many have a provider that refuses connections for a while, up to so many ms. */
const AWAY = 15;
const LONGEST_AWAY = 400;
/** The time of day goes on by at most so many ms while there is no gateway, and so many in all. */
const NIGHT = 10 * 60_000;
const NIGHTS = 6 * 86_400_000;

/** Plays runs on one store, each with a provider in another mood. Resolves when the last gateway is running at a good one. */
export async function playRuns(place: Place, { runs, at = ends, signal, ...options }: RunsOptions): Promise<Runs> {
  const { lab, world, random } = place;
  const counted: { ends: Record<string, number>; moods: Record<string, number> } = { ends: {}, moods: {} };
  const night = Math.min(NIGHT, Math.floor(NIGHTS / runs));
  let missed = 0;
  let running = true;
  // What was written before there ever was a gateway is nobody's.
  await lab.start();
  lab.load.begin();
  for (let done = 1; done <= runs && !signal?.aborted; done++) {
    const end = oneOf(random, at);
    world.moody.mood = oneOf(random, usual);
    if (!running) await lab.start(isPoint(end) ? { at: `${end}:${between(random, 1, PASSES)}` } : {});
    const [reached] = await Promise.all([play(place, running && isPoint(end) ? 'any moment' : end), away(place)]);
    running = end === 'none';
    if (!running) await sleep(place, night);
    if (!reached) missed++;
    counted.ends[end] = (counted.ends[end] ?? 0) + 1;
    counted.moods[world.moody.mood] = (counted.moods[world.moody.mood] ?? 0) + 1;
    options.onRun?.(done);
  }
  world.moody.mood = 'well';
  if (!running) await lab.start();
  return { ...counted, missed };
}

const isPoint = (end: End): boolean => points.some((point) => point === end);

/** Resolves with whether the run has ended where it should. */
async function play({ lab, world, random }: Place, end: End): Promise<boolean> {
  if (end === 'any moment' || end === 'stop' || end === 'none') {
    await delay(between(random, 0, MOMENT));
    if (end === 'none') return true;
    if (end === 'any moment') await lab.child.kill();
    else await stopped(lab);
    return true;
  }
  let count = between(random, 1, PASSES);
  const last = (): void => {
    if (--count === 0) lab.child.signal('SIGKILL');
  };
  if (end === 'charged') world.onCharge = last;
  if (end === 'called') world.calls.onCall = last;
  const over = new AbortController();
  const late = delay(PATIENCE, false, { signal: over.signal }).catch(() => false);
  const reached = await Promise.race([lab.child.ended.then(() => true), late]);
  over.abort();
  world.onCharge = undefined;
  world.calls.onCall = undefined;
  await lab.child.kill();
  return reached;
}

async function stopped(lab: Laboratory<SmsLoad>): Promise<void> {
  lab.child.signal('SIGTERM');
  const code = await lab.child.ended;
  if (code !== 0) lab.ledger.violate(`a stop has ended with ${code}`);
}

async function away({ world, random }: Place): Promise<void> {
  if (between(random, 1, 100) > AWAY) return;
  await delay(between(random, 0, MOMENT));
  const back = await world.twilio.leave();
  await delay(between(random, 0, LONGEST_AWAY));
  await back();
}

/** There is no gateway for a while: what the provider has begun is done when there is one again. */
async function sleep({ lab, world, random }: Place, night: number): Promise<void> {
  await lab.gone();
  await lab.until('the work of the provider', () => world.twilio.working === 0);
  world.pass(between(random, 0, night));
}
