import { calledBy, type Place, playsIn, usualEnds, usualMoods } from '../runs.ts';
import type { MailLoad, MailWorld } from './network.ts';

/** Besides the usual ends: when the smarthost has taken a mail and not answered, and when a mail is being handed on. */
const ends = [...usualEnds, 'taken', 'handed on'] as const;
export type MailEnd = (typeof ends)[number];

/** Plays runs on one store, each with servers of mail in another mood. Resolves when the last gateway is running at good ones. */
export const playMailRuns = playsIn(({ world: { smarthost, handing } }: Place<MailLoad, MailWorld>) => ({
  ...{ moods: usualMoods, ends },
  seen: { taken: calledBy(smarthost, 'onTaken'), 'handed on': calledBy(handing, 'onSent') },
  setMood(mood) {
    smarthost.mood = mood;
  },
  leave: smarthost.leave,
}));
