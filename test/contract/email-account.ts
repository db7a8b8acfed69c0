import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { credentialsOf, newLink } from '#bridges/email/account/mail-login.ts';
import { bridge } from '#bridges/email/index.ts';
import type { Host } from '#src/bridge.ts';
import type { EventKind } from '#src/model/event.ts';
import { scriptedImap } from '../fakes/imap-server.ts';
import { mailServer, vouched } from '../fakes/mail-server.ts';
import { startNameServer } from '../fakes/name-server.ts';
import type { Contract, Wire } from './network.ts';

const HOME = 'home.example';
const PERSON = 'bob@example.com';
const OTHER = 'carol@example.com';
const STRANGER = 'stranger@example.com';
/** What the servers of the mailboxes call themselves. */
const SERVER = 'mx.home.example';

/** The bridge as who has linked a mailbox has it. */
const { facts, policy } = bridge.mapping;
const own: typeof bridge = { ...bridge, mapping: { facts: { ...facts, identity: 'own' }, policy } };

/** The contract of the mail bridge with mailboxes of users' own, over real SMTP and IMAP. */
export const emailAccountContract: Contract = {
  name: 'email, with mailboxes of their own',
  definition: own,
  network: {
    acknowledged: false,
    opened: ['occupant', 'occupants', 'topic', 'room'],
    addresses: [PERSON, 'a.b+c@example.com', 'jürgen@bücher.example', 'x=y@sub.example.org'],
    open: openWire,
  },
};

async function openWire(): Promise<Wire> {
  const imap = await scriptedImap();
  imap.secrets = new Set(['pw']);
  const server = await mailServer({ login: (secret) => secret === 'pw' });
  const names = await startNameServer({});
  const listeners: { close(): Promise<void> }[] = [];
  const heard = new Map<string, number>();
  let release = (): void => undefined;
  let count = 0;

  function receive(text: string, { from = PERSON, headers = [] }: { from?: string; headers?: string[] } = {}): void {
    imap.deliver(
      [
        vouched(from, SERVER),
        `From: Bob <${from}>`,
        // Each mailbox has it: nobody else is named.
        'To: undisclosed-recipients:;',
        `Message-ID: <m${++count}@example.com>`,
        'Content-Type: text/plain; charset=utf-8',
        ...headers,
        '',
        text,
        '',
      ].join('\r\n'),
    );
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
    const listener = createServer(onSocket).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const close = () => new Promise<void>((closed) => listener.close(() => closed()));
    const opened = { port: (listener.address() as AddressInfo).port, close };
    listeners.push(opened);
    return opened;
  };

  return {
    settings: () => ({
      domain: 'mail.example',
      outgoing: { host: '127.0.0.1', port: server.port, tls: 'off' },
      incoming: { lmtp: '127.0.0.1:0' },
      dns: `127.0.0.1:${names.port}`,
      accounts: {
        providers: [
          {
            domains: [HOME],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'off' },
            submission: { host: '127.0.0.1', port: server.port, tls: 'off' },
            authserv: [SERVER],
          },
        ],
      },
    }),
    set: { account: { elsewhere: true } },
    served: () => ({
      listen,
      admits: async ({ contact }) => (contact === STRANGER ? 'first' : 'yes'),
    }),
    realm: '',
    async credentials(name) {
      const address = `${name}@${HOME}`;
      return credentialsOf({
        ...{ address, user: address, link: newLink(), imap: '', submission: '' },
        secret: { password: 'pw' },
      });
    },
    room: PERSON,
    person: PERSON,
    elsewhere: OTHER,
    say: async (text) => receive(text),
    provoke,
    async sayElsewhere(name, text) {
      // It is read from the first look on.
      await imap.when(() => imap.idle > 0);
      const headers = [`From: ${name}@${HOME}`, `To: <${PERSON}>`, `Message-ID: <o${++count}@${HOME}>`];
      imap.deliver([...headers, '', text, ''].join('\r\n'), 'Sent', '\\Seen');
      // Folders beside the first are looked at when that has news.
      receive('hark');
    },
    async able() {
      receive('hark', { headers: ['Chat-Version: 1.0'] });
      // The reader waits again behind it.
      await imap.when(() => imap.idle === 0);
      await imap.when(() => imap.idle > 0);
    },
    async heard(name) {
      const index = heard.get(name) ?? 0;
      heard.set(name, index + 1);
      const sent = () => server.heard.filter(({ parsed }) => parsed.from?.address === `${name}@${HOME}`);
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
    async refuseLogin() {
      imap.secrets = new Set();
    },
    async break() {
      imap.breakAll();
    },
    async idle() {
      await imap.when(() => imap.open === 0);
      await server.when(() => server.open === 0);
    },
    pages: {},
    async [Symbol.asyncDispose]() {
      await imap[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await names[Symbol.asyncDispose]();
      for (const one of listeners) await one.close();
    },
  };
}
