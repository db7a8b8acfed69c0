import type { Element } from 'ltx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { configFrom } from '../../config-from.ts';
import { type IrcConnection, type IrcServer, ircServer } from '../../fakes/irc-server.ts';
import { type FakeConnection, startXmppServer } from '../../fakes/xmpp-server.ts';
import { folder } from '../../process/cli/isthmus.ts';
import { type Attack, attacks } from './attacks.ts';

const DOMAIN = 'irc.example';
/** So much of the long attacks is played here; `bench/hostile-irc.ts` plays all of it, and tells what it costs. */
const SCALE = 0.02;

const corpus = attacks(SCALE);
const stack = new AsyncDisposableStack();
let gateway: Gateway;
let xmpp: FakeConnection;
let servers: IrcServer[];
let quiet: IrcConnection;
let said = 0;

/** Reads stanzas away until one fits. */
async function until(fits: (stanza: Element) => boolean): Promise<Element> {
  for (;;) {
    const stanza = await xmpp.next();
    if (fits(stanza)) return stanza;
  }
}

const isSubject = ({ name, children }: Element): boolean =>
  name === 'message' && children.some((child) => typeof child !== 'string' && child.name === 'subject');
const textOf = (stanza: Element): string => stanza.getChildText('body') ?? '';

/** A user enters a channel of a server; gives the server's end. */
async function enter(user: string, room: string, server: IrcServer | undefined): Promise<IrcConnection> {
  xmpp.send(`<presence from='${user}/phone' to='${room}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
  const far = await server?.accept();
  if (!far) throw new Error('there is no such server');
  await until((stanza) => isSubject(stanza) && stanza.attrs.to === `${user}/phone`);
  return far;
}

/** Somebody else's message, on another server, comes. */
async function canary(): Promise<void> {
  const text = `canary ${++said}`;
  quiet.send(`:nurse!n@host.fake PRIVMSG #q :${text}`);
  await until((stanza) => textOf(stanza) === text);
}

beforeAll(async () => {
  const dir = stack.use(folder());
  const server = stack.use(await startXmppServer());
  servers = await Promise.all(
    [{}, ...corpus].map(async ({ caps, isupport }: Partial<Attack>) =>
      stack.use(await ircServer({ serve: true, ...(caps && { caps }), ...(isupport && { isupport }) })),
    ),
  );
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: server.port, domains: ['a.example'] },
    store: `sqlite:${dir.path}/store.db`,
    key: { file: `${dir.path}/isthmus.key` },
    access: { register: ['a.example'] },
    transports: {
      [DOMAIN]: {
        ...{ bridge: 'irc', secret: server.secret },
        servers: Object.fromEntries(
          servers.map(({ port }, n) => [`h${n}`, { host: '127.0.0.1', port, tls: false, throttle: 'off' }]),
        ),
      },
    },
  });
  gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics() }));
  xmpp = await server.connection(DOMAIN);
  quiet = await enter('watch@a.example', `#q%h0@${DOMAIN}/watch`, servers[0]);
});

afterAll(() => stack.disposeAsync());

const COMMANDS = { join: 'JOIN', list: 'LIST', card: 'WHOIS' } as const;
const questions = (user: string, n: number) => ({
  join: `<presence from='${user}/phone' to='#big%h${n}@${DOMAIN}/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
  list: `<iq type='get' id='l' from='${user}/phone' to='h${n}@${DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
  card: `<iq type='get' id='c' from='${user}/phone' to='juliet%h${n}@${DOMAIN}'><vCard xmlns='vcard-temp'/></iq>`,
});

describe('nobody else notices a server that', () => {
  it.each(corpus.map((attack, index) => ({ ...attack, n: index + 1 })))('$name', async ({ n, asks, pieces, end }) => {
    const user = `u${n}@a.example`;
    const far = await enter(user, `#c%h${n}@${DOMAIN}/romeo`, servers[n]);
    far.send(':juliet!j@host.fake JOIN #c', ':nurse!n@host.fake JOIN #c');
    if (asks) {
      servers[n]?.on(COMMANDS[asks], () => true);
      xmpp.send(questions(user, n)[asks]);
      await far.until(new RegExp(`^${COMMANDS[asks]}`));
    }
    const all = [...pieces()];
    const half = Math.ceil(all.length / 2);
    for (const piece of all.slice(0, half)) far.sendBytes(Buffer.from(piece));
    await canary();
    for (const piece of all.slice(half)) far.sendBytes(Buffer.from(piece));
    await canary();
    if (end === 'closed') return far.closed;
    // The connection itself still stands, and what is said over it is told.
    far.send(`:nurse!n@host.fake PRIVMSG romeo :still here ${n}`);
    const told = await until((stanza) => textOf(stanza) === `still here ${n}`);
    expect(told.attrs.to).toBe(user);
    await canary();
    far.kill();
    await far.closed;
  });

  it('and the link to the XMPP server has stood all the time', async () => {
    await xmpp.sync();
    expect(gateway.ready()).toBe(true);
    await canary();
  });
});
