import { between } from '../random.ts';
import { calledBy, type Place, playsIn, usualEnds } from '../runs.ts';
import type { SmsLoad, SmsWorld } from './network.ts';
import type { Mood } from './whims.ts';

/**
 * Besides the usual ends: when the provider has charged a text and not answered, when it has called a webhook, or none, so that the
 * next run goes on with the gateway, which is three times as likely.
 */
const ends = [...usualEnds, 'charged', 'called', 'none', 'none', 'none'] as const;
export type End = (typeof ends)[number];

export type SmsPlace = Place<SmsLoad, SmsWorld>;

/** Moods by how often they are chosen. */
const moods: readonly Mood[] = [
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
/** The time of day goes on by at most so many ms while there is no gateway, and so many in all. */
const NIGHT = 10 * 60_000;
const NIGHTS = 6 * 86_400_000;

/** Plays runs on one store, each with a provider in another mood. Resolves when the last gateway is running at a good one. */
export const playSmsRuns = playsIn((place: SmsPlace) => ({
  ...{ moods, ends },
  seen: { charged: calledBy(place.world, 'onCharge'), called: calledBy(place.world.calls, 'onCall') },
  setMood(mood) {
    place.world.moody.mood = mood;
  },
  leave: () => place.world.twilio.leave(),
  between: (runs) => sleep(place, Math.min(NIGHT, Math.floor(NIGHTS / runs))),
}));

/** What the provider has begun is done when there is a gateway again. */
async function sleep({ lab, world, random }: SmsPlace, night: number): Promise<void> {
  await lab.until('the work of the provider', () => world.twilio.working === 0);
  world.pass(between(random, 0, night));
}
