import type { Laboratory } from '../../laboratory.ts';
import { calledBy, type Place, playsIn, usualEnds } from '../../runs.ts';
import type { SynapseLoad } from './load.ts';
import type { SynapseWorld } from './network.ts';

const anyMoment = ['any moment', 'any moment', 'any moment'] as const;
const unknown = ['taken', 'taken', 'taken', 'told', 'told', 'keys', 'keys', 'keys'] as const;

/**
 * Besides the usual ends: when the homeserver has an event, has told what is new, or has taken or given keys, and the gateway does
 * not know. There is no stop: clients would have to enter their rooms anew.
 */
const ends = [...usualEnds.filter((end) => end !== 'stop'), ...anyMoment, ...unknown];

/** Plays runs on one store, each with a homeserver that is well or keeps answers back. Resolves when the last gateway is running. */
export const playSynapseRuns = playsIn(({ lab, world: { proxy } }: Place<SynapseLoad, SynapseWorld>) => ({
  ...{ moods: ['well', 'well', 'unclear'] as const, ends },
  seen: { taken: calledBy(proxy, 'onTaken'), told: calledBy(proxy, 'onTold'), keys: calledBy(proxy, 'onKeys') },
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
}));

/** In each encrypted place something gets through, both ways. */
async function proved({ load, until }: Laboratory<SynapseLoad>): Promise<void> {
  await until('the lines of the accounts', load.online);
  await until('what is said in encrypted rooms', load.prove());
}
