import { setTimeout as delay } from 'node:timers/promises';
import type { LaboratoryOptions } from '../laboratory.ts';
import { STEP } from './network.ts';
import type { SmsPlace } from './runs.ts';

/** Something that befalls a gateway that sends texts. The books are closed after it. */
export type SmsFault = {
  readonly summary: string;
  readonly setting?: Pick<LaboratoryOptions, 'expiry'>;
  /** Starts the gateway and does it. What else must hold is told to the ledger. Resolves with figures. */
  run(place: SmsPlace): Promise<object>;
};

/** How long a provider is in a mood, or not there at all, in ms. */
const WHILE = 5000;
/** Minutes of an outage, how long each of them takes here, and how often the provider is asked meanwhile, in ms. */
const MINUTES = 10;
const MINUTE = 400;
const FIVE_MINUTES = 5 * MINUTE;

async function underLoad({ lab }: SmsPlace): Promise<void> {
  await lab.start();
  lab.load.begin();
  await delay(1000);
}

const providerDown: SmsFault = {
  summary: 'the provider answers with errors or breaks off, and then refuses connections',
  async run(place) {
    const { lab, world } = place;
    await underLoad(place);
    world.moody.mood = 'down';
    await delay(WHILE);
    const back = await world.twilio.leave();
    const before = lab.load.landed().length;
    await delay(WHILE);
    if (lab.load.landed().length > before) lab.ledger.violate('a provider that is not there has sent texts');
    await back();
    world.moody.mood = 'well';
    await delay(1000);
    return { before, after: lab.load.landed().length };
  },
};

const providerSlow: SmsFault = {
  summary: 'the provider takes its time, now and then more than it is given',
  async run(place) {
    const { lab, world } = place;
    await underLoad(place);
    world.moody.mood = 'slow';
    await delay(2 * WHILE);
    world.moody.mood = 'well';
    return { charged: lab.load.landed().length };
  },
};

/** The time of day is moved at both ends: neither the gateway nor the provider can tell it from ten minutes. */
const webhookOutage: SmsFault = {
  summary: 'no webhook gets through for ten minutes, and the provider tells nothing again',
  async run(place) {
    const { lab, world } = place;
    world.poll = FIVE_MINUTES;
    await underLoad(place);
    world.calls.cut = true;
    await lab.until('the end of the webhooks under way', () => world.calls.open === 0);
    const { missed, told } = world.calls.figures;
    for (let minute = 0; minute < MINUTES; minute++) {
      await delay(MINUTE);
      lab.child.signal('SIGUSR2');
      world.pass(STEP);
    }
    if (world.calls.figures.told > told) lab.ledger.violate('a webhook got through the outage');
    lab.load.end();
    const lost = world.calls.figures.missed - missed;
    const waiting = lab.ledger.missing();
    if (waiting === 0) lab.ledger.violate('nothing was missed');
    world.calls.cut = false;
    const began = performance.now();
    await lab.until('what was missed', () => lab.ledger.missing() === 0);
    return { lost, waiting, recovered: `${Math.round(performance.now() - began)} ms` };
  },
};

/** By the names that `--fault` takes. */
export const smsFaults: Readonly<Record<string, SmsFault>> = {
  'provider-down': providerDown,
  'provider-slow': providerSlow,
  'webhook-outage': webhookOutage,
};
