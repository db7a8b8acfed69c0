import { setTimeout as delay } from 'node:timers/promises';
import type { Laboratory } from './laboratory.ts';
import { points } from './points.ts';
import { between, oneOf, type Random } from './random.ts';

/** Where a gateway is killed: at a moment, when XMPP has read something, or at a point of its own. */
export const places = ['any moment', 'after-write', ...points] as const;
export type KillPlace = (typeof places)[number];

export type CyclesOptions = {
  readonly cycles: number;
  readonly random: Random;
  /** Where to kill; everywhere if left out. */
  readonly at?: readonly KillPlace[];
  /** No more cycles are begun once it is aborted. */
  readonly signal?: AbortSignal;
  /** Hears of each cycle that is over. */
  onCycle?(done: number): void;
};

export type Kills = { readonly where: Readonly<Record<string, number>>; readonly missed: number };

/** The longest that a gateway waits for its moment, and for its point, in ms. */
const MOMENT = 1500;
const POINT = 4000;
/** How often a point is passed before it is the one. */
const PASSES = 400;

/**
 * Starts the gateway, registers its users, and kills it again and again under load. Resolves when the last one is running.
 * `missed` is how often a point was not reached in time, so that the kill was one at any moment.
 */
export async function runCycles(lab: Laboratory, options: CyclesOptions): Promise<Kills> {
  const { cycles, random, at = places, signal } = options;
  const where: Record<string, number> = {};
  let missed = 0;
  await lab.start();
  await lab.load.register();
  await lab.until('the lines of the users', lab.load.online);
  lab.load.begin();
  for (let done = 1; done <= cycles && !signal?.aborted; done++) {
    const place = oneOf(random, at);
    const reached = await kill(lab, place, random);
    where[place] = (where[place] ?? 0) + 1;
    if (!reached) missed++;
    options.onCycle?.(done);
  }
  await lab.start();
  return { where, missed };
}

/** One life of a gateway. Resolves with whether it has ended where it should. */
async function kill(lab: Laboratory, place: KillPlace, random: Random): Promise<boolean> {
  const own = place !== 'any moment' && place !== 'after-write';
  await lab.child.kill();
  await lab.gone();
  await lab.start(own ? { at: `${place}:${between(random, 1, PASSES)}` } : {});
  if (place === 'any moment') {
    // One in three while it is still finding its feet.
    if (random() < 2 / 3) await lab.until('the lines of the users', lab.load.online);
    await delay(between(random, 0, MOMENT));
    await lab.child.kill();
  } else {
    const reached = await passed(lab, own ? lab.child.ended : lab.load.after(between(random, 1, PASSES)));
    await lab.child.kill();
    await lab.gone();
    return reached;
  }
  await lab.gone();
  return true;
}

/** Waits until something has happened, but not for long once all users have their lines. */
async function passed(lab: Laboratory, there: Promise<unknown>): Promise<boolean> {
  let reached = false;
  void there.then(() => {
    reached = true;
  });
  await lab.until('the lines of the users', () => reached || lab.load.online());
  const over = new AbortController();
  await Promise.race([there, delay(POINT, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
  return reached;
}
