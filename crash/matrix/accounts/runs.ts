import { calledBy, type Place, playsIn, usualEnds, usualMoods } from '../../runs.ts';
import type { AccountsLoad, AccountsWorld } from './network.ts';

/**
 * Besides the usual ends: when the homeserver has an event and has not said so, when it is telling an account what is new, and
 * when keys were taken or given and that is not answered.
 */
const ends = [...usualEnds, 'taken', 'told', 'told', 'keys', 'keys'] as const;

/** Plays runs on one store, each with a homeserver in another mood. Resolves when the last gateway is running at a good one. */
export const playAccountsRuns = playsIn(({ lab, world }: Place<AccountsLoad, AccountsWorld>) => ({
  ...{ moods: usualMoods, ends },
  seen: { taken: calledBy(world, 'onTaken'), told: calledBy(world, 'onTold'), keys: calledBy(world, 'onKeys') },
  async prepare() {
    await lab.load.register();
    await lab.until('the accounts', lab.load.online);
  },
  setMood(mood) {
    world.mood = mood;
  },
  async leave() {
    world.away = true;
    return async () => {
      world.away = false;
    };
  },
}));
