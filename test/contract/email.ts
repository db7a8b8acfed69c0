import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { bridge } from '#bridges/email/index.ts';
import type { Host } from '#src/bridge.ts';
import type { EventKind } from '#src/model/event.ts';
import { mailServer, post, vouched } from '../fakes/mail-server.ts';
import { startNameServer } from '../fakes/name-server.ts';
import type { Contract, Wire } from './network.ts';

const DOMAIN = 'mail.example';
const PERSON = 'bob@example.com';
const OTHER = 'carol@example.com';
const STRANGER = 'stranger@example.com';

/** The bridge as who has linked no mailbox has it. */
const service: typeof bridge = {
  ...bridge,
  mapping: { facts: { ...bridge.mapping.facts, identity: 'operator' }, policy: bridge.mapping.policy },
  logins: [],
  async open(config, host) {
    const { connect: _, deliver, deliverTogether, ...opened } = await bridge.open(config, host);
    return {
      ...opened,
      deliver: (event) => deliver(event),
      ...(deliverTogether && { deliverTogether: (events) => deliverTogether(events) }),
    };
  },
};

/** The contract of the mail bridge, over real SMTP and LMTP. */
export const emailContract: Contract = {
  name: 'email',
  definition: service,
  network: {
    acknowledged: true,
    lines: false,
    opened: ['occupant', 'occupants', 'topic', 'room'],
    addresses: [PERSON, 'a.b+c@example.com', 'jürgen@bücher.example', 'x=y@sub.example.org'],
    open: openWire,
  },
};

async function openWire(): Promise<Wire> {
  const server = await mailServer();
  const names = await startNameServer({});
  const ports: number[] = [];
  const listeners: { close(): Promise<void> }[] = [];
  const heard = new Map<string, number>();
  const told: { done: Promise<unknown>; acknowledged: boolean }[] = [];
  let release = (): void => undefined;
  let twice = false;
  let closing = false;
  let count = 0;
  let line = Promise.resolve();

  /** Each listener gets a copy, again and again until it takes it, as mail servers do. */
  async function handOn(raw: string, from: string): Promise<void> {
    const to = [`romeo=xmpp.example@${DOMAIN}`];
    await Promise.all(
      ports.map(async (port) => {
        for (let answer = '4'; answer.startsWith('4') && !closing; )
          [answer = ''] = await post(port, { from, to, raw });
      }),
    );
  }

  function receive(text: string, { from = PERSON, headers = [] }: { from?: string; headers?: string[] } = {}): void {
    const raw = [
      vouched(from),
      `From: Bob <${from}>`,
      `To: <romeo=xmpp.example@${DOMAIN}>`,
      `Message-ID: <m${++count}@example.com>`,
      'Content-Type: text/plain; charset=utf-8',
      ...headers,
      '',
      text,
      '',
    ].join('\r\n');
    const copies = twice ? 2 : 1;
    twice = false;
    const entry = { done: Promise.resolve<unknown>(undefined), acknowledged: false };
    told.push(entry);
    line = line.then(async () => {
      for (let index = 0; index < copies; index += 1) await handOn(raw, from);
      entry.acknowledged = true;
    });
    entry.done = line;
  }

  function about(headers: (id: string) => string[], text = 'hear'): void {
    receive('hark');
    receive(text, { headers: headers(`m${count}@example.com`) });
  }

  const provoke: Partial<Record<EventKind, () => Promise<void>>> = {
    message: async () => receive('hark'),
    presence: async () => receive('I am in Mantua.', { headers: ['Auto-Submitted: auto-replied', 'Subject: Away'] }),
    contact: async () => receive('hark', { from: STRANGER }),
    edit: async () => about((id) => ['Chat-Version: 1.0', `Chat-Edit: <${id}>`]),
    retract: async () => about((id) => ['Chat-Version: 1.0', `Chat-Delete: <${id}>`]),
    reaction: async () => about((id) => [`In-Reply-To: <${id}>`, 'Content-Disposition: reaction'], '👍'),
  };

  const listen: Host['listen'] = async (_endpoint, onSocket) => {
    const listener = createServer(onSocket);
    listener.on('connection', (socket) => socket.on('error', () => socket.destroy()));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    ports.push(port);
    const opened = { port, close: () => new Promise<void>((closed) => listener.close(() => closed())) };
    listeners.push(opened);
    return opened;
  };

  return {
    settings: () => ({
      domain: DOMAIN,
      outgoing: { host: '127.0.0.1', port: server.port, tls: 'off' },
      incoming: { lmtp: '127.0.0.1:0' },
      authserv: ['mx.example'],
      dns: `127.0.0.1:${names.port}`,
    }),
    served: () => ({
      listen,
      admits: async ({ contact }) => (contact === STRANGER ? 'first' : 'yes'),
    }),
    realm: '',
    credentials: async () => undefined,
    room: PERSON,
    person: PERSON,
    elsewhere: OTHER,
    say: async (text) => receive(text),
    provoke,
    async able() {
      receive('hark', { headers: ['Chat-Version: 1.0'] });
      await line;
    },
    async heard(name) {
      const index = heard.get(name) ?? 0;
      heard.set(name, index + 1);
      const sent = () => server.heard.filter(({ parsed }) => parsed.from?.address === `${name}=xmpp.example@${DOMAIN}`);
      return (await server.when(() => sent()[index])).text;
    },
    async hold() {
      release = server.hold();
    },
    held: (wanted) => server.when(() => server.held >= wanted).then(() => undefined),
    release: async () => release(),
    async refuseMessage() {
      server.faults.push({ at: 'rcpt', code: 554, text: '5.7.1 Not this one' });
    },
    refuseLogin: async () => undefined,
    break: async () => undefined,
    idle: () => server.when(() => server.open === 0).then(() => undefined),
    journal: {
      async acknowledged() {
        for (const { done } of told) await done;
      },
      isAcknowledged: async () => told.every(({ acknowledged }) => acknowledged),
      async repeat() {
        twice = true;
      },
      // Mails carry no order: what overtakes another one has come before it.
      reorder: async () => undefined,
    },
    pages: {},
    async [Symbol.asyncDispose]() {
      closing = true;
      await server[Symbol.asyncDispose]();
      await names[Symbol.asyncDispose]();
      for (const one of listeners) await one.close();
    },
  };
}
