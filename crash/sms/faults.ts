import { setTimeout as delay } from 'node:timers/promises';
import type { LaboratoryOptions } from '../laboratory.ts';
import type { Place } from './runs.ts';
import type { Mood } from './whims.ts';

/** Something that befalls a gateway that sends texts. The books are closed after it. */
export type SmsFault = {
  readonly summary: string;
  readonly setting?: Pick<LaboratoryOptions, 'expiry'>;
  /** Starts the gateway and does it. What else must hold is told to the ledger. Resolves with figures. */
  run(place: Place): Promise<object>;
};

/** How long a provider is in a mood, in ms. */
const WHILE = 8000;

const provider = (mood: Mood, summary: string): SmsFault => ({
  summary,
  async run({ lab, world }) {
    await lab.start();
    lab.load.begin();
    await delay(1000);
    world.moody.mood = mood;
    await delay(WHILE);
    world.moody.mood = 'well';
    await delay(1000);
    return { mood, charged: lab.load.landed().length };
  },
});

/** By the names that `--fault` takes. */
export const smsFaults: Readonly<Record<string, SmsFault>> = {
  'provider-down': provider('down', 'the provider answers with errors, breaks off, or answers too late'),
  'provider-slow': provider('slow', 'the provider takes its time, now and then more than it is given'),
};
