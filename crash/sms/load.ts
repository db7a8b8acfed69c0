import type { Twilio } from '../../test/fakes/twilio.ts';
import type { FakeMessage } from '../../test/fakes/twilio-messages.ts';
import { inbound } from '../../test/fakes/twilio-webhooks.ts';
import type { Load, NetworkParts } from '../network.ts';
import { between, oneOf } from '../random.ts';
import { atRate } from '../rate.ts';
import { numbered, openUsers, RESENT } from '../users.ts';
import type { Call, Calls } from './calls.ts';
import { DOMAIN, OWNERS } from './names.ts';

const PHONES = Array.from({ length: 10 }, (_, phone) => `+1415555267${phone}`);
/** The provider says that there is no such number. */
export const NOBODY = '+14155550009';
/** One text in so many is written to nobody. */
const REFUSED = 25;
/** Phones stop to write when so much has not come. */
const UNHEARD = 60;
/** Of a hundred webhooks so many are lost, so many come twice, and so many are tried again where they failed. */
const LOST = 8;
const DOUBLED = 8;
const RETRIED = 30;

/** Users and phones. */
export type SmsLoad = Load & {
  /** Resolves when so many more stanzas have come to XMPP. */
  after(count: number): Promise<void>;
  /** Writes so many texts on phones, one after the other. */
  pour(count: number): Promise<void>;
  /** How each text of a phone was told by webhook. */
  readonly calls: ReadonlyMap<string, Call>;
};

type SmsLoadParts = NetworkParts & { readonly twilio: Twilio; readonly webhooks: Calls };

/** Begins when it is told to. */
export function openSmsLoad({ twilio, webhooks, ledger, random, rate }: SmsLoadParts): SmsLoad {
  const users = openUsers({ domain: DOMAIN, ledger, random, other: () => undefined });
  const busy = new Set<string>();
  const calls = new Map<string, Call>();
  const numbers = Object.entries(OWNERS);
  const often = (percent: number): boolean => between(random, 1, 100) <= percent;

  /** Somebody writes on a phone, once the provider is done with what they wrote before. */
  async function tell(): Promise<void> {
    const [from, [to, user]] = [oneOf(random, PHONES), oneOf(random, numbers)];
    const lane = `${from} ${user}`;
    if (busy.has(lane)) return;
    busy.add(lane);
    const message = `${lane} ${ledger.tell(lane)}`;
    const received = twilio.receive({ from, to, body: message });
    const [written] = twilio.messages;
    await received;
    if (written) calls.set(message, await call(written));
    busy.delete(lane);
  }

  async function call(written: FakeMessage): Promise<Call> {
    if (often(LOST)) return 'missed';
    const params = inbound(written, twilio.api);
    const doubled = often(DOUBLED);
    const first = await webhooks.inbound(params);
    if (first === 'told' ? !doubled : !often(RETRIED)) return first;
    const second = await webhooks.inbound(params);
    return [first, second].find((one) => one === 'told') ?? [first, second].find((one) => one === 'unsure') ?? 'missed';
  }

  function write(): void {
    const [, by] = oneOf(random, numbers);
    const to = between(random, 1, REFUSED) === 1 ? NOBODY : oneOf(random, PHONES);
    if (users.unheard(by, to) < RESENT) users.write(by, to);
  }

  const writing = atRate(rate, () => {
    if (ledger.missing() < UNHEARD) void tell();
    write();
  });

  return {
    attach: users.attach,
    begin: writing.begin,
    end() {
      users.rest();
      writing.end();
    },
    async pour(count) {
      for (let told = 0; told < count; told++) await tell();
    },
    after: users.after,
    calls,
    unacknowledged: ledger.missing,
    progress: () => users.came + twilio.messages.length,
    landed: () => charged(twilio).flatMap(({ body, ref }) => ({ ...(numbered(body) ?? nothing(body)), tag: ref })),
  };
}

const nothing = (lane: string) => ({ lane, number: 0 });

/** What the provider was paid for, in the order in which it was: each with our reference. */
export const charged = ({ messages }: Pick<Twilio, 'messages'>): readonly (FakeMessage & { readonly ref: string })[] =>
  messages
    .filter(({ direction }) => direction !== 'inbound')
    .map((one) => ({ ...one, ref: new URL(one.callback ?? 'none:').searchParams.get('ref') ?? '' }))
    .toReversed();
