import { type Twilio, twilioServer } from '../../test/fakes/twilio.ts';
import { type NetworkParts, networkOf, type World } from '../network.ts';
import { quietPort } from '../ports.ts';
import type { NetworkSetting } from '../setting.ts';
import { auditFates, auditOrder } from './audit.ts';
import { type Calls, openCalls } from './calls.ts';
import { type Fates, openFates } from './fates.ts';
import { charged, openSmsLoad, type SmsLoad } from './load.ts';
import { DOMAIN, OWNERS, PUBLIC } from './names.ts';
import { type Moody, openMoody, TIMEOUT, UNCLEAR } from './whims.ts';

export type { SmsLoad } from './load.ts';

/** The provider, as an experiment sees it. */
export type SmsWorld = World<SmsLoad> & {
  readonly twilio: Twilio;
  readonly calls: Calls;
  readonly fates: Fates;
  readonly moody: Moody;
  /** Milliseconds between two looks into the provider's list, by the next gateway. */
  poll: number;
  /** Runs when a text is charged, before its request is answered. */
  onCharge: (() => void) | undefined;
  /** The time of day goes on by so many milliseconds: at the provider now, at the gateway when it is started. */
  pass(ms: number): void;
};

/** Milliseconds between two looks into the provider's list, where nobody says otherwise. */
const POLL = 500;
/** Milliseconds by which SIGUSR2 moves the gateway's time of day. */
export const STEP = 60_000;

/** Phones behind a provider that fails. */
export const smsNetwork = networkOf<SmsLoad, SmsWorld>(
  { domain: DOMAIN, there: 'at the provider', gapless: false },
  openWorld,
);

async function openWorld(parts: NetworkParts): Promise<SmsWorld> {
  const { ledger, random } = parts;
  await using stack = new AsyncDisposableStack();
  const twilio = stack.use(await twilioServer(stack.use(await quietPort()).port));
  const { port } = stack.use(await quietPort());
  let ahead = 0;
  Object.defineProperty(twilio, 'now', { get: () => Date.now() + ahead });
  const places = { base: PUBLIC, real: `http://127.0.0.1:${port}`, hooks: `/hooks/${DOMAIN}` };
  const calls = openCalls(twilio, places, ledger.violate);
  const fates = openFates(random, calls);
  const moody = openMoody(random, () => twilio.now);
  const load = openSmsLoad({ ...parts, twilio, webhooks: calls });
  twilio.whims = {
    ...moody,
    create: () => moody.create(),
    async created(message) {
      world.onCharge?.();
      await fates.begin(message);
    },
  };
  const world: SmsWorld = {
    ...{ load, twilio, calls, fates, moody },
    poll: POLL,
    onCharge: undefined,
    pass(ms) {
      ahead += ms;
    },
    get setting(): NetworkSetting {
      return {
        ...{ kind: 'sms', api: twilio.api, port, owners: OWNERS },
        ...{ timeout: TIMEOUT, unclear: UNCLEAR, poll: world.poll, ahead, step: STEP },
      };
    },
    audit(accepted) {
      auditFates(twilio, accepted, ledger);
      auditOrder(load.calls, ledger);
    },
    figures: () => ({ charged: charged(twilio).length, requests: moody.figures, webhooks: calls.figures }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  stack.defer(() => load.end());
  const opened = stack.move();
  return world;
}
