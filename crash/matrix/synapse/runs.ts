import type { Laboratory } from '../../laboratory.ts';
import type { Random } from '../../random.ts';
import { playRuns, type Runs, type RunsOptions, usualEnds } from '../../runs.ts';
import type { SynapseLoad } from './load.ts';
import type { SynapseWorld } from './network.ts';

/**
 * Besides the usual ends: when the homeserver has an event, has told what is new, or has taken or given keys, and the gateway does
 * not know. There is no stop: clients would have to enter their rooms anew.
 */
const synapseEnds = [
  ...usualEnds.filter((end) => end !== 'stop'),
  ...([
    'any moment',
    'any moment',
    'any moment',
    'taken',
    'taken',
    'taken',
    'told',
    'told',
    'keys',
    'keys',
    'keys',
  ] as const),
];
export type SynapseEnd = (typeof synapseEnds)[number];

/** Where runs are played. */
export type SynapsePlace = {
  readonly lab: Laboratory<SynapseLoad>;
  readonly world: SynapseWorld;
  readonly random: Random;
};

const moods = ['well', 'well', 'unclear'] as const;

export const playSynapseRuns = (
  { lab, world, random }: SynapsePlace,
  options: RunsOptions<SynapseEnd>,
): Promise<Runs> => {
  const { proxy } = world;
  return playRuns<SynapseEnd, 'well' | 'unclear'>(
    {
      ...{ lab, random, moods, ends: synapseEnds },
      seen: {
        taken(happened) {
          proxy.onTaken = happened;
        },
        told(happened) {
          proxy.onTold = happened;
        },
        keys(happened) {
          proxy.onKeys = happened;
        },
      },
      async prepare() {
        await lab.load.register();
        await proved(lab);
      },
      prove: () => proved(lab),
      setMood(mood) {
        proxy.unclear = mood === 'unclear';
      },
      async leave() {
        proxy.away = true;
        return async () => {
          proxy.away = false;
        };
      },
    },
    options,
  );
};

/** In each encrypted place something gets through, both ways. */
async function proved({ load, until }: Laboratory<SynapseLoad>): Promise<void> {
  await until('the lines of the accounts', load.online);
  await until('what is said in encrypted rooms', load.prove());
}
