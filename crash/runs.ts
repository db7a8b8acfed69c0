import { setTimeout as delay } from 'node:timers/promises';
import type { Laboratory } from './laboratory.ts';
import type { Load } from './network.ts';
import { points } from './points.ts';
import { between, oneOf, type Random } from './random.ts';

/** How a run can end on every network: at a moment, at a point of the gateway, or by a graceful stop. */
export const usualEnds = ['any moment', ...points, 'stop'] as const;

/** Moods of most networks by how often they are chosen. */
export const usualMoods = ['well', 'well', 'mixed', 'mixed', 'mixed', 'unclear', 'unclear', 'busy', 'down'] as const;

/** Where runs are played: the gateway stands before a network that is in another mood each time. */
export type Course<End extends string, Mood extends string> = {
  readonly lab: Laboratory<Load>;
  readonly random: Random;
  /** How runs end, the likelier ones more than once. With `none` the next run goes on with the gateway. */
  readonly ends: readonly End[];
  /** Ends that come when the network sees something: each is told what to call then, and nothing once that is over. */
  readonly seen: Readonly<Partial<Record<End, (happened: (() => void) | undefined) => void>>>;
  /** Moods by how often they are chosen; the last gateway meets a network that is well. */
  readonly moods: readonly (Mood | 'well')[];
  setMood(mood: Mood | 'well'): void;
  /** The network refuses connections, until the returned function is called. */
  leave(): Promise<() => Promise<void>>;
  /** What has to be there before anybody writes is made, by a gateway that nobody kills. */
  prepare?(): Promise<void>;
  /** Something gets through both ways; in two runs of three this is waited for before the end, where that is no point of the gateway. */
  prove?(): Promise<void>;
  /** There is no gateway for a while. */
  between?(runs: number): Promise<void>;
};

export type RunsOptions<End extends string> = {
  readonly runs: number;
  /** How runs end; in all ways if left out. */
  readonly at?: readonly End[];
  /** No more runs are begun once it is aborted. */
  readonly signal?: AbortSignal;
  /** Hears of each run that is over. */
  onRun?(done: number): void;
};

/** A laboratory with a network, the world that the network has opened, and the dice. */
export type Place<L extends Load, World> = {
  readonly lab: Laboratory<L>;
  readonly world: World;
  readonly random: Random;
};

export type Runs = {
  readonly ends: Readonly<Record<string, number>>;
  readonly moods: Readonly<Record<string, number>>;
  /** How often the end that was chosen did not come in time, so that it was one at any moment. */
  readonly missed: number;
  /** How often something had to get through before the end. */
  readonly proved: number;
};

/** The longest that a run waits for its moment, and for its end, in ms; so many times longer where a start takes so many seconds. */
const MOMENT = 1200;
const PATIENCE = 2000;
const SLOWEST = 8;
/** How often something happens at most before it is the end: mostly less, for what a life does late it does early, too. */
const PASSES = 40;
const passesOf = (random: Random): number => between(random, 1, between(random, 1, PASSES));
/** Of a hundred runs so many have a network that is away for a while, up to so many ms. */
const AWAY = 15;
const LONGEST_AWAY = 400;
/** One run in so many ends whatever has got through. */
const UNPROVED = 3;

/** Plays runs on one store. Resolves when the last gateway is running at a network that is well. */
export async function playRuns<End extends string, Mood extends string>(
  course: Course<End, Mood>,
  { runs, at = course.ends, signal, onRun }: RunsOptions<End>,
): Promise<Runs> {
  const { lab, random } = course;
  const counted: { ends: Record<string, number>; moods: Record<string, number> } = { ends: {}, moods: {} };
  let [missed, proved] = [0, 0];
  let running = true;
  // What was written before there ever was a gateway is nobody's.
  await lab.start();
  await course.prepare?.();
  lab.load.begin();
  for (let done = 1; done <= runs && !signal?.aborted; done++) {
    const end = oneOf(random, at);
    const mood = oneOf(random, course.moods);
    course.setMood(mood);
    if (!running) await lab.start(isPoint(end) ? { at: `${end}:${passesOf(random)}` } : {});
    if (course.prove && !isPoint(end) && between(random, 1, UNPROVED) > 1) {
      await course.prove();
      proved++;
    }
    const [reached] = await Promise.all([play(course, running && isPoint(end) ? 'any moment' : end), away(course)]);
    running = end === 'none';
    if (!running) {
      await lab.gone();
      await course.between?.(runs);
    }
    if (!reached) missed++;
    counted.ends[end] = (counted.ends[end] ?? 0) + 1;
    counted.moods[mood] = (counted.moods[mood] ?? 0) + 1;
    onRun?.(done);
  }
  course.setMood('well');
  if (!running) await lab.start();
  await course.prove?.();
  return { ...counted, missed, proved };
}

/** Plays runs with a world, of which the course says how they go there. */
export const playsIn =
  <L extends Load, World, End extends string, Mood extends string>(
    course: (place: Place<L, World>) => Omit<Course<End, Mood>, 'lab' | 'random'>,
  ) =>
  (place: Place<L, World>, options: RunsOptions<End>): Promise<Runs> =>
    playRuns<End, Mood>({ ...course(place), lab: place.lab, random: place.random }, options);

/** Where a world calls what is to happen when it sees something. */
export const calledBy =
  <Name extends string>(world: Record<Name, (() => void) | undefined>, name: Name) =>
  (happened: (() => void) | undefined): void => {
    world[name] = happened;
  };

/** A busy machine does in its time what it does. */
const pace = ({ starts }: Pick<Laboratory<Load>, 'starts'>): number =>
  Math.min(Math.max((starts.at(-1) ?? 0) / 1000, 1), SLOWEST);

const isPoint = (end: string): boolean => points.some((point) => point === end);

/** Resolves with whether the run has ended where it should. */
async function play<End extends string>(
  { lab, random, seen }: Pick<Course<End, never>, 'lab' | 'random' | 'seen'>,
  end: End | 'any moment',
): Promise<boolean> {
  if (end === 'any moment' || end === 'stop' || end === 'none') {
    await delay(between(random, 0, MOMENT) * pace(lab));
    if (end === 'any moment') await lab.child.kill();
    if (end === 'stop') await stopped(lab);
    return true;
  }
  let count = passesOf(random);
  const watch = seen[end];
  watch?.(() => {
    if (--count === 0) lab.child.signal('SIGKILL');
  });
  const over = new AbortController();
  const late = delay(PATIENCE * pace(lab), false, { signal: over.signal }).catch(() => false);
  const reached = await Promise.race([lab.child.ended.then(() => true), late]);
  over.abort();
  watch?.(undefined);
  await lab.child.kill();
  return reached;
}

async function stopped(lab: Laboratory<Load>): Promise<void> {
  lab.child.signal('SIGTERM');
  const code = await lab.child.ended;
  if (code !== 0) lab.ledger.violate(`a stop has ended with ${code}`);
}

async function away({ random, leave }: Pick<Course<never, never>, 'random' | 'leave'>): Promise<void> {
  if (between(random, 1, 100) > AWAY) return;
  await delay(between(random, 0, MOMENT));
  const back = await leave();
  await delay(between(random, 0, LONGEST_AWAY));
  await back();
}
