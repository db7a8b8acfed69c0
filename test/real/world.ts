import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from '#src/gateway/gateway.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import type { RunningServer } from '#src/process/cli/demo/servers/running.ts';
import { configFrom } from '../config-from.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { startInspircdWithServices } from './atheme.ts';
import { startHybrid } from './hybrid.ts';
import { startIrc2 } from './irc2.ts';
import { later } from './later.ts';
import { startInspircd, startNgircd, xml, xmppClient } from './servers.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { startXmppServer, type XmppServerName, type XmppServerOptions } from './xmpp-servers.ts';
import { startZnc } from './znc.ts';

const DOMAIN = 'irc.localhost';
const SECRET = 'secret';
const MUC = 'http://jabber.org/protocol/muc';

export type IrcServerName = 'inspircd' | 'ngircd' | 'hybrid' | 'irc2';

/** Of InspIRCd, but for the number of connections. */
const DEBIAN_LIMITS =
  'threshold="10" hardsendq="262144" softsendq="8192" recvq="8192" localmax="1000" globalmax="1000"';

/** How the servers are started. */
export const ircds = {
  inspircd: () => startInspircd(),
  ngircd: () => startNgircd(),
  hybrid: () => startHybrid(),
  irc2: () => startIrc2(),
  /** These hold back who sends much, as Debian has them. */
  'inspircd, protected': () => startInspircd({ limits: DEBIAN_LIMITS }),
  'ngircd, protected': () => startNgircd({ protected: true }),
  'hybrid, protected': () => startHybrid({ protected: true }),
  'irc2, protected': () => startIrc2({ protected: true }),
  /** A bouncer in front of an InspIRCd. */
  znc: () => startZnc(),
  encrypted: () => startInspircd({ tls: true }),
  /** InspIRCd with NickServ, ChanServ and SASL. */
  services: () => startInspircdWithServices({ tls: true }),
} as const;

type Ircd = RunningServer<{ plain: number; tls?: number }>;

export type WorldOptions = Pick<XmppServerOptions, 'privileged' | 'globalRoutes' | 'http' | 'resumable'> & {
  /** By its name, or how it is started. */
  readonly ircd: keyof typeof ircds | (() => Promise<Ircd>);
  /** The XMPP server; Debian's Prosody when not given. */
  readonly server?: XmppServerName;
  /** More transports beside that of `net`, by their domains: what the config has of them, but for the secret. */
  readonly transports?: (ircd: Ircd) => Readonly<Record<string, object>>;
  /** More settings of the transport of `net`. */
  readonly irc?: object;
  /** More settings of the server `net`. */
  readonly net?: (ircd: Ircd) => object;
  /** Where the gateway finds the servers, when something stands between. */
  readonly via?: (ports: { component: number; irc: number }) => Promise<{ component: number; irc: number }>;
};

/** A real XMPP server with alice, bob and carol, a real IRC server called `net`, and a gateway between them. */
export async function startWorld({ ircd: name, server = 'prosody', net: more, via, ...options }: WorldOptions) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const ircd: Ircd = stack.use(await (typeof name === 'function' ? name() : ircds[name]()));
  const others = options.transports?.(ircd) ?? {};
  const users = { alice: 'pw', bob: 'pw', carol: 'pw' };
  const domains = Object.fromEntries([DOMAIN, ...Object.keys(others)].map((domain) => [domain, SECRET]));
  // The stanzas of clients may be larger than ours.
  const stanzaSize = 1024 * 1024;
  const xmpp = stack.use(await startXmppServer(server, { ...options, domains, users, stanzaSize }));
  const direct = { component: xmpp.ports.component, irc: ircd.ports.plain };
  const ports = (await via?.(direct)) ?? direct;
  const net = { ...plain(ports.irc), ...more?.(ircd) };
  const transports = Object.entries({ [DOMAIN]: { bridge: 'irc', servers: { net }, ...options.irc }, ...others });
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: ['alice@localhost', 'bob@localhost'] },
    limits: { reconnect_min: '1s', reconnect_max: '2s' },
    transports: Object.fromEntries(transports.map(([domain, one]) => [domain, { ...one, secret: SECRET }])),
  });
  const clock = jumpingClock();
  const metrics = openMetrics();
  const gateway: Gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics, clock }));
  await gateway.online();
  const resources = stack.move();
  const jump = (seconds: number): void => clock.jump(seconds * 1000);
  return {
    xmpp,
    ircd,
    gateway,
    metrics,
    /** Moves the gateway's time on, in seconds, whatever else goes on. */
    jump,
    /**
     * Lets time pass for the gateway, in seconds; the client's round trips are for those who have to hear from it
     * meanwhile: the links of all its domains, of which the XMPP server has read then what they were last asked, and
     * somebody on IRC.
     */
    async later(seconds: number, client: XmppClient, irc?: { barrier(): Promise<unknown> }): Promise<void> {
      const trip = async (): Promise<void> => {
        await pinged(client, Object.keys(domains));
        await irc?.barrier();
      };
      await later(seconds, { jump, trip });
    },
    /** Logs a user in and sends presence, as every client does. */
    async login(user: keyof typeof users, resource?: string): Promise<XmppClient> {
      const client = await xmppClient({ port: xmpp.ports.c2s, user, password: 'pw', ...(resource && { resource }) });
      await client.send(xml('presence'));
      return client;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Resolves once domains of the gateway have answered a client. */
export async function pinged(client: XmppClient, domains: readonly string[]): Promise<void> {
  for (const to of domains) await client.ask(xml('iq', { type: 'get', to }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
}

/** The settings of a server of IRC that is reached without TLS, and without a throttle. */
export const plain = (port: number) => ({
  host: '127.0.0.1',
  port,
  tls: false,
  throttle: 'off',
  connect_pace: 0,
});

/** The settings of `net` for its TLS port, where only its certificate of now is trusted. */
export function overTls({ ports, dir }: Ircd): object {
  const { fingerprint256 } = new X509Certificate(readFileSync(join(dir, 'cert.pem')));
  return { port: ports.tls, tls: true, pin: fingerprint256, connect_pace: 0 };
}

/** The JID of a channel of the server `net` of a transport. */
export const roomOf = (channel: string, domain = DOMAIN): string => `${channel}%net@${domain}`;

/** Sends a join and resolves with the self-presence, or the error that came instead. */
export async function enter(client: XmppClient, room: string, nick: string): Promise<Element> {
  await client.send(xml('presence', { to: `${room}/${nick}` }, xml('x', { xmlns: MUC })));
  return client.next((stanza) => stanza.is('presence') && isAnswer(stanza, room), `self-presence in ${room}`);
}

function isAnswer(stanza: Element, room: string): boolean {
  if (!stanza.attrs.from?.startsWith(`${room}/`)) return false;
  const statuses = stanza.getChild('x', `${MUC}#user`)?.getChildren('status') ?? [];
  return stanza.attrs.type === 'error' || statuses.some(({ attrs }) => attrs.code === '110');
}

/** Says something in a room. */
export const say = (client: XmppClient, room: string, body: string, id?: string): Promise<void> =>
  client.send(xml('message', { to: room, type: 'groupchat', ...(id && { id }) }, xml('body', {}, body)));

/** The next message with a body in a room. */
export async function heard(client: XmppClient, room: string): Promise<string> {
  const stanza = await client.next(
    (one) => one.is('message') && one.attrs.type === 'groupchat' && isFrom(one, room) && !!one.getChild('body'),
    `a message in ${room}`,
  );
  return `${stanza.attrs.from?.slice(room.length + 1)}: ${stanza.getChildText('body')}`;
}

const isFrom = (stanza: Element, room: string): boolean => stanza.attrs.from?.startsWith(`${room}/`) ?? false;
