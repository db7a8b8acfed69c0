import type { Laboratory } from '../laboratory.ts';
import type { Random } from '../random.ts';
import { playRuns, type Runs, type RunsOptions, usualEnds } from '../runs.ts';
import type { MatrixMood } from './moods.ts';
import type { MatrixLoad, MatrixWorld } from './network.ts';

/** Besides the usual ends: when the homeserver has an event and has not said so, and when a transaction is on its way. */
const matrixEnds = [...usualEnds, 'taken', 'told'] as const;
export type MatrixEnd = (typeof matrixEnds)[number];

/** Where runs are played. */
export type MatrixPlace = {
  readonly lab: Laboratory<MatrixLoad>;
  readonly world: MatrixWorld;
  readonly random: Random;
};

const moods: readonly MatrixMood[] = ['well', 'well', 'mixed', 'mixed', 'mixed', 'unclear', 'unclear', 'busy', 'down'];

/** Plays runs on one store, each with a homeserver in another mood. Resolves when the last gateway is running at a good one. */
export const playMatrixRuns = ({ lab, world, random }: MatrixPlace, options: RunsOptions<MatrixEnd>): Promise<Runs> =>
  playRuns<MatrixEnd, MatrixMood>(
    {
      ...{ lab, random, moods, ends: matrixEnds },
      seen: {
        taken(happened) {
          world.onTaken = happened;
        },
        told(happened) {
          world.transactions.onSent = happened;
        },
      },
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
    },
    options,
  );
