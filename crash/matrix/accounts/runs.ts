import type { Laboratory } from '../../laboratory.ts';
import type { Random } from '../../random.ts';
import { playRuns, type Runs, type RunsOptions, usualEnds } from '../../runs.ts';
import type { MatrixMood } from '../moods.ts';
import type { AccountsLoad, AccountsWorld } from './network.ts';

/**
 * Besides the usual ends: when the homeserver has an event and has not said so, when it is telling an account what is new, and
 * when keys were taken or given and that is not answered.
 */
const accountsEnds = [...usualEnds, 'taken', 'told', 'told', 'keys', 'keys'] as const;
export type AccountsEnd = (typeof accountsEnds)[number];

/** Where runs are played. */
export type AccountsPlace = {
  readonly lab: Laboratory<AccountsLoad>;
  readonly world: AccountsWorld;
  readonly random: Random;
};

const moods: readonly MatrixMood[] = ['well', 'well', 'mixed', 'mixed', 'mixed', 'unclear', 'unclear', 'busy', 'down'];

/** Plays runs on one store, each with a homeserver in another mood. Resolves when the last gateway is running at a good one. */
export const playAccountsRuns = (
  { lab, world, random }: AccountsPlace,
  options: RunsOptions<AccountsEnd>,
): Promise<Runs> =>
  playRuns<AccountsEnd, MatrixMood>(
    {
      ...{ lab, random, moods, ends: accountsEnds },
      seen: {
        taken(happened) {
          world.onTaken = happened;
        },
        told(happened) {
          world.onTold = happened;
        },
        keys(happened) {
          world.onKeys = happened;
        },
      },
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
    },
    options,
  );
