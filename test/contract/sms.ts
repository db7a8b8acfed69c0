import { bridge } from '#bridges/sms/index.ts';
import type { EventKind } from '#src/model/event.ts';
import { hooksServer } from '../fakes/hooks.ts';
import { ACCOUNT, inbound, TOKEN, type Twilio, twilioServer } from '../fakes/twilio.ts';
import type { Contract, Wire } from './network.ts';

/** Each has a number alone, so that what they write is sent as it is. */
const NUMBERS: Readonly<Record<string, string>> = { romeo: '+15005550006', juliet: '+15005550007' };
const PHONE = '+14155552671';
const OTHER_PHONE = '+14155552672';

/** The contract of the SMS bridge, over a fake provider that behaves like one. */
export const smsContract: Contract = {
  name: 'SMS',
  definition: bridge,
  network: {
    acknowledged: true,
    lines: false,
    addresses: [PHONE, '+4915112345678', '72727%us', '~mybank', '~my=20bank'],
    open: openWire,
  },
};

async function openWire(): Promise<Wire> {
  const twilio = await twilioServer();
  const hooks = await hooksServer();
  const heard = new Map<string, number>();
  const told: { readonly done: Promise<unknown>; acknowledged: boolean }[] = [];
  let release = (): void => undefined;
  let twice = false;
  let closing = false;
  let line = Promise.resolve();

  /** Webhooks are called one after the other, and nobody waits for their answers. */
  function receive(body: string): void {
    const copies = twice ? 2 : 1;
    twice = false;
    const entry = { done: Promise.resolve<unknown>(undefined), acknowledged: false };
    told.push(entry);
    line = line.then(async () => {
      const answers = await twilio.receive({ from: PHONE, to: NUMBERS.romeo ?? '', body });
      if (copies === 2) await again(twilio);
      entry.acknowledged = answers.every(({ status }) => status === 200);
    });
    // Whoever ends the world does not wait for the answers.
    line = line.catch((error: unknown) => {
      if (!closing) throw error;
    });
    entry.done = line;
  }

  const saying: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
    message: ['hark'],
    reaction: ['hark', 'Liked “hark”'],
    edit: ['hark', 'Edited to “hear”'],
    presence: ['hark', 'STOP'],
  };
  const provoke = Object.fromEntries(
    Object.entries(saying).map(([kind, texts]) => [kind, async () => texts.forEach(receive)]),
  );

  return {
    settings: () => ({
      provider: {
        kind: 'twilio',
        account_sid: ACCOUNT,
        auth_token: TOKEN,
        numbers: Object.values(NUMBERS),
        api_url: twilio.api,
      },
      countries: ['US'],
      owners: Object.fromEntries(
        Object.entries(NUMBERS).map(([name, number]) => [number, { user: `${name}@xmpp.example`, dedicated: true }]),
      ),
      texts: { first: '' },
    }),
    served() {
      const http = hooks.open();
      twilio.hooks.push({ url: http.url('/inbound') ?? '', real: http.real('/inbound') });
      return { http };
    },
    realm: '',
    credentials: async () => undefined,
    room: PHONE,
    person: PHONE,
    elsewhere: OTHER_PHONE,
    say: async (text) => receive(text),
    provoke,
    async heard(name) {
      const index = heard.get(name) ?? 0;
      heard.set(name, index + 1);
      const sent = () => twilio.messages.filter(({ from }) => from === NUMBERS[name]).toReversed();
      return (await twilio.when(() => sent()[index])).body;
    },
    async hold() {
      release = twilio.hold();
    },
    held: (count) => twilio.when(() => twilio.open >= count).then(() => undefined),
    release: async () => release(),
    async refuseMessage() {
      twilio.faults.push({ kind: 'refuse', status: 400, code: 21614 });
    },
    refuseLogin: async () => undefined,
    break: async () => undefined,
    idle: () => twilio.when(() => twilio.open === 0).then(() => undefined),
    journal: {
      async acknowledged() {
        for (const { done } of told) await done;
      },
      isAcknowledged: async () => told.every(({ acknowledged }) => acknowledged),
      async repeat() {
        twice = true;
      },
      // Texts carry no order: what overtakes another one has come before it.
      reorder: async () => undefined,
    },
    pages: {},
    async [Symbol.asyncDispose]() {
      closing = true;
      await twilio[Symbol.asyncDispose]();
      await hooks[Symbol.asyncDispose]();
    },
  };
}

async function again(twilio: Twilio): Promise<void> {
  const [latest] = twilio.messages.filter(({ direction }) => direction === 'inbound');
  if (latest) for (const hook of twilio.hooks) await twilio.post(hook, inbound(latest, twilio.api));
}
