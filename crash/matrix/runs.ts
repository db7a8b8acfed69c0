import { calledBy, type Place, playsIn, usualEnds, usualMoods } from '../runs.ts';
import type { MatrixLoad, MatrixWorld } from './network.ts';

/** Besides the usual ends: when the homeserver has an event and has not said so, and when a transaction is on its way. */
const ends = [...usualEnds, 'taken', 'told'] as const;
export type MatrixEnd = (typeof ends)[number];

/** Plays runs on one store, each with a homeserver in another mood. Resolves when the last gateway is running at a good one. */
export const playMatrixRuns = playsIn(({ lab, world }: Place<MatrixLoad, MatrixWorld>) => ({
  ...{ moods: usualMoods, ends },
  seen: { taken: calledBy(world, 'onTaken'), told: calledBy(world.transactions, 'onSent') },
  async prepare() {
    world.transactions.begin();
    await lab.until('the rooms', lab.load.ready);
    await world.idle();
  },
  setMood(mood) {
    world.moody.mood = mood;
  },
  async leave() {
    world.moody.away = true;
    return async () => {
      world.moody.away = false;
    };
  },
}));
