import { setTimeout as delay } from 'node:timers/promises';
import type { Laboratory } from '../laboratory.ts';
import { points } from '../points.ts';
import { between, oneOf, type Random } from '../random.ts';
import type { MailLoad, MailWorld } from './network.ts';
import type { MailMood } from './smarthost.ts';

/**
 * How a run ends: with a kill at a moment, when the smarthost has taken a mail and not answered, when a mail is being handed on,
 * or at a point of the gateway; or with a graceful stop.
 */
export const mailEnds = ['any moment', 'taken', 'handed on', ...points, 'stop'] as const;
export type MailEnd = (typeof mailEnds)[number];

export type MailRunsOptions = {
  readonly runs: number;
  /** How runs end; in all ways if left out. */
  readonly at?: readonly MailEnd[];
  /** No more runs are begun once it is aborted. */
  readonly signal?: AbortSignal;
  /** Hears of each run that is over. */
  onRun?(done: number): void;
};

export type MailRuns = {
  readonly ends: Readonly<Record<string, number>>;
  readonly moods: Readonly<Record<string, number>>;
  /** How often the end that was chosen did not come in time, so that it was one at any moment. */
  readonly missed: number;
};

/** Where runs are played. */
export type MailPlace = { readonly lab: Laboratory<MailLoad>; readonly world: MailWorld; readonly random: Random };

/** The longest that a run waits for its moment, and for its end, in ms. */
const MOMENT = 1200;
const PATIENCE = 2000;
/** How often something happens before it is the end. */
const PASSES = 40;
const usual: readonly MailMood[] = ['well', 'well', 'mixed', 'mixed', 'mixed', 'unclear', 'unclear', 'busy', 'down'];
/** Of a hundred runs so many have a smarthost that refuses connections for a while, up to so many ms. */
const AWAY = 15;
const LONGEST_AWAY = 400;

/** Plays runs on one store, each with servers of mail in another mood. Resolves when the last gateway is running at good ones. */
export async function playMailRuns(place: MailPlace, { runs, at = mailEnds, signal, ...options }: MailRunsOptions) {
  const { lab, world, random } = place;
  const counted: { ends: Record<string, number>; moods: Record<string, number> } = { ends: {}, moods: {} };
  let missed = 0;
  // What was written before there ever was a gateway is nobody's.
  await lab.start();
  lab.load.begin();
  await lab.child.kill();
  for (let done = 1; done <= runs && !signal?.aborted; done++) {
    const end = oneOf(random, at);
    const mood = oneOf(random, usual);
    world.smarthost.mood = mood;
    await lab.gone();
    const point = points.some((one) => one === end);
    await lab.start(point ? { at: `${end}:${between(random, 1, PASSES)}` } : {});
    const [reached] = await Promise.all([play(place, end), away(place)]);
    if (!reached) missed++;
    counted.ends[end] = (counted.ends[end] ?? 0) + 1;
    counted.moods[mood] = (counted.moods[mood] ?? 0) + 1;
    options.onRun?.(done);
  }
  world.smarthost.mood = 'well';
  await lab.gone();
  await lab.start();
  return { ...counted, missed } satisfies MailRuns;
}

/** Resolves with whether the run has ended where it should. */
async function play({ lab, world, random }: MailPlace, end: MailEnd): Promise<boolean> {
  if (end === 'any moment' || end === 'stop') {
    await delay(between(random, 0, MOMENT));
    lab.child.signal(end === 'stop' ? 'SIGTERM' : 'SIGKILL');
    const code = await lab.child.ended;
    if (end === 'stop' && code !== 0) lab.ledger.violate(`a stop has ended with ${code}`);
    return true;
  }
  let count = between(random, 1, PASSES);
  const last = (): void => {
    if (--count === 0) lab.child.signal('SIGKILL');
  };
  if (end === 'taken') world.smarthost.onTaken = last;
  if (end === 'handed on') world.handing.onSent = last;
  const over = new AbortController();
  const late = delay(PATIENCE, false, { signal: over.signal }).catch(() => false);
  const reached = await Promise.race([lab.child.ended.then(() => true), late]);
  over.abort();
  world.smarthost.onTaken = undefined;
  world.handing.onSent = undefined;
  await lab.child.kill();
  return reached;
}

async function away({ world, random }: MailPlace): Promise<void> {
  if (between(random, 1, 100) > AWAY) return;
  await delay(between(random, 0, MOMENT));
  const back = await world.smarthost.leave();
  await delay(between(random, 0, LONGEST_AWAY));
  await back();
}
