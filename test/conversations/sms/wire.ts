import { bridge } from '#bridges/sms/index.ts';
import { ACCOUNT, type Fault, inbound, TOKEN, type Twilio, twilioServer } from '../../fakes/twilio.ts';
import type { FakeMessage } from '../../fakes/twilio-messages.ts';
import type { OpenWire } from '../wire.ts';

const DOMAIN = 'sms.example';
/** Our number, where a conversation names no other. */
const OUR = '+15005550006';
/** Where the provider is told that our webhooks are. `option: files` of conversations has to be the same. */
const PUBLIC = 'https://gateway.example';

/**
 * Phones behind a fake of Twilio. `sms(+14155552671)> to +15005550006: TEXT` is what somebody there writes,
 * `sms(+14155552671)< from +15005550006: TEXT + URL` the next text that comes to that phone, and what the provider is to fetch
 * with it as MMS; a line break is `\n`. `sms!`
 * orders: see `orders`. `option: settings JSON` are settings of the transport, `option: numbers` our numbers.
 */
export const openWire: OpenWire = async ({ settings = '{}', numbers = OUR }) => {
  const twilio = await twilioServer();
  const read = new Set<FakeMessage>();
  let clock = Date.now;
  const tick = (): void => {
    twilio.now = clock();
  };
  const unreadOf = (who: string | undefined): FakeMessage | undefined =>
    twilio.messages.findLast(
      (one) => one.direction !== 'inbound' && !read.has(one) && (who === undefined || one.to === who),
    );
  const given = orders(twilio, (who) => [...read].findLast(({ to }) => who === undefined || to === who));
  return {
    name: 'sms',
    domain: DOMAIN,
    definition: bridge,
    settings: {
      provider: {
        kind: 'twilio',
        account_sid: ACCOUNT,
        auth_token: TOKEN,
        numbers: numbers.split(' '),
        api_url: twilio.api,
      },
      countries: ['US'],
      country: 'US',
      ...JSON.parse(settings),
    },
    time(now) {
      clock = now;
    },
    served(address) {
      const path = `/hooks/${DOMAIN}/inbound`;
      twilio.hooks.splice(0, 1, { url: PUBLIC + path, real: `http://${address}${path}` });
    },
    async say(text, from) {
      tick();
      const [, to = OUR, body = text] = /^to (\S+): ?(.*)$/.exec(text) ?? [];
      const answers = await twilio.receive({ from: phoneOf(from), to, body: body.replaceAll('\\n', '\n') });
      for (const { status } of answers) if (status !== 200) throw new Error(`the webhook was answered ${status}`);
    },
    async hear(who) {
      tick();
      const message = await twilio.when(() => unreadOf(who));
      read.add(message);
      return [`from ${message.from}: ${message.body.replaceAll('\n', '\\n')}`, ...message.mediaUrls].join(' + ');
    },
    async order(text, who) {
      tick();
      const [name = '', ...rest] = text.split(' ');
      const order = given[name];
      if (!order) throw new Error(`sms knows no order ${name}`);
      await order(rest, who);
    },
    sync: async () => void (await twilio.when(() => twilio.open === 0)),
    unheard: async () =>
      twilio.messages
        .filter((one) => one.direction !== 'inbound' && !read.has(one))
        .map(({ to, body }) => `${to}: ${body}`),
    [Symbol.asyncDispose]: () => twilio[Symbol.asyncDispose](),
  };
};

const phoneOf = (who: string | undefined): string => {
  if (who === undefined) throw new Error('which phone?');
  return who;
};

type Order = (rest: readonly string[], who: string | undefined) => void | Promise<void>;

function orders(twilio: Twilio, lastHeard: (who: string | undefined) => FakeMessage | undefined) {
  let release = (): void => undefined;
  const given: Readonly<Record<string, Order>> = {
    /** `status delivered`, `status failed 30003`: how the last text that was heard fares. */
    async status([status = '', code], who) {
      const message = lastHeard(who);
      if (!message) throw new Error('no text was heard');
      const answer = await twilio.fare(message.sid, status, code === undefined ? undefined : Number(code));
      if (answer && answer.status !== 204) throw new Error(`the callback was answered ${answer.status}`);
    },
    /** `fault refuse 400 21211`, `fault done 500|break`, `fault break`, `fault early sent delivered`: the next text. */
    fault: (rest) => void twilio.faults.push(faultOf(rest)),
    /** `refused 503 TEXT`: somebody writes, and the webhook is answered so. */
    async refused([wanted, ...words], who) {
      const answers = await twilio.receive({ from: phoneOf(who), to: OUR, body: words.join(' ') });
      for (const { status } of answers)
        if (status !== Number(wanted)) throw new Error(`the webhook was answered ${status}`);
    },
    /** `profile NAME`: what the person at a phone calls itself from now on. */
    profile: (rest, who) => void twilio.profiles.set(phoneOf(who), rest.join(' ')),
    /** Webhooks are lost on their way, until `calls`. */
    silent: () => {
      twilio.silent = true;
    },
    calls: () => {
      twilio.silent = false;
    },
    /** The provider calls once more about the last text from a phone. */
    async repeat() {
      const text = twilio.messages.find(({ direction }) => direction === 'inbound');
      if (!text) throw new Error('no phone has written');
      for (const hook of twilio.hooks) {
        const { status } = await twilio.post(hook, inbound(text, twilio.api));
        if (status !== 200) throw new Error(`the webhook was answered ${status}`);
      }
    },
    /** What is asked for is read and not done, until `release`. */
    hold: () => {
      release = twilio.hold();
    },
    release: () => release(),
    /** So many requests wait for their answer. */
    open: async ([count]) => void (await twilio.when(() => twilio.open === Number(count))),
  };
  return given;
}

function faultOf([kind, first, second]: readonly string[]): Fault {
  if (kind === 'refuse') return { kind, status: Number(first), code: Number(second) };
  if (kind === 'done') return { kind: 'done-then', status: first === 'break' ? 'break' : Number(first) };
  if (kind === 'break') return { kind };
  return { kind: 'early', statuses: [first, second].filter((one) => one !== undefined) };
}
