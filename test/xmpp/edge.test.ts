import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Element } from 'ltx';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Core, Origin } from '#src/core/index.ts';
import { systemClock } from '#src/lib/clock.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { type Edge, openEdge } from '#src/xmpp/edge.ts';
import { openSilentServers } from '#src/xmpp/peers/silent-servers.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { createReader } from '#src/xmpp/stream/reader.ts';
import { type Ask, createRequests } from '#src/xmpp/stream/requests.ts';
import { createWriter } from '#src/xmpp/stream/writer.ts';
import { addresses, GATEWAY, core as inventedCore, ROMEO, ROMEO_X, stanza, VERONA } from './invented.ts';

const room = `#verona%net@${GATEWAY}`;
const HEADER = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";

/** An edge whose link is a real socket; the far end of it reads as an XMPP server would. */
async function openWorld(changes: Partial<Core>) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = await accepted;
  const writer = createWriter({ domain: GATEWAY });
  writer.attach(socket);
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const requests = createRequests(systemClock, openSilentServers(systemClock, log));
  const link = {
    stanza: writer.stanza,
    fanOut: writer.fanOut,
    request: (ask: Ask) => requests.ask({ domain: GATEWAY, writer }, ask),
    epoch: () => 1,
    barrier: async () => {},
  };
  const identity = { type: 'x-net', name: 'The Net' };
  const core = inventedCore(changes);
  const edge = openEdge({
    transports: new Map([[GATEWAY, { addresses, rooms: 'shared', archive: true, identity, link }]]),
    core: () => core,
    now: () => 0,
    version: '1.2.3',
    log,
  });
  let seen: Element[] = [];
  let ended = (): void => {};
  const reader = createReader({
    start: () => {},
    stanza: (one) => (one.attrs.id === 'end' ? ended() : seen.push(one)),
    nonza: () => {},
    oversize: () => {},
    end: () => {},
  });
  reader.write(Buffer.from(HEADER));
  peer.on('data', (bytes) => reader.write(bytes));
  return {
    edge,
    lines,
    requests,
    /** All that was written since the last look. */
    async written(): Promise<Element[]> {
      const end = new Promise<void>((resolve) => {
        ended = resolve;
      });
      writer.stanza('message', { from: GATEWAY, to: 'server.example', id: 'end' }, xml`<body/>`);
      await end;
      const all = seen;
      seen = [];
      return all;
    },
    async [Symbol.asyncDispose]() {
      requests.drop(GATEWAY, 'the test is over');
      socket.destroy();
      peer.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

let taken: { draft: Draft; origin: Origin }[];
let gone: [string, string, Place | undefined][];
let accept: (draft: Draft) => void;
let world: Awaited<ReturnType<typeof openWorld>>;
let edge: Edge;

beforeEach(async () => {
  taken = [];
  gone = [];
  accept = () => {};
  world = await openWorld({
    accept: (draft, origin) => {
      taken.push({ draft, origin });
      accept(draft);
    },
    gone: (transport, jid, place) => gone.push([transport, jid, place]),
    realms: () => {
      throw new TypeError('realms are broken');
    },
  });
  edge = world.edge;
});

afterEach(() => world[Symbol.asyncDispose]());

const send = (text: string): void => edge.onStanza(stanza(text));

/** What one answer says: kind, addresses, id, type, and the condition of its error. */
const brief = (one: Element | undefined) => {
  const error = one?.getChild('error');
  const { from, to, id, type } = one?.attrs ?? {};
  return `${one?.name} ${from} -> ${to} ${id} ${type} ${error?.getChildElements()[0]?.name ?? ''}`.trim();
};

describe('stanzas in', () => {
  it('become drafts of the core with their origin', () => {
    send(`<message from='${ROMEO_X}' to='${room}' type='groupchat' id='m1'><body>hello</body></message>`);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.draft).toMatchObject({ kind: 'message', text: 'hello', place: VERONA });
    expect(taken[0]?.origin).toEqual({ stanza: 'message', from: ROMEO_X, to: room, type: 'groupchat', id: 'm1' });
  });

  it('are refused by the core with its failure, addresses turned round', async () => {
    accept = () => {
      throw new Failure('not-on-list');
    };
    send(`<message from='${ROMEO_X}' to='${room}' type='groupchat' id='m1'><body>b</body></message>`);
    send(`<presence from='${ROMEO_X}' to='${room}/R' id='p1'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
    const [message, presence] = await world.written();
    expect(brief(message)).toBe(`message ${room} -> ${ROMEO_X} m1 error forbidden`);
    expect(brief(presence)).toBe(`presence ${room}/R -> ${ROMEO_X} p1 error forbidden`);
    expect(presence?.getChild('x', 'http://jabber.org/protocol/muc')).toBeDefined();
  });

  it('that cannot be handled are answered and logged under one number, without what they say', async () => {
    accept = () => {
      throw new TypeError('no such thing');
    };
    send(`<message from='${ROMEO_X}' to='${room}' type='groupchat' id='m1'><body>my secret</body></message>`);
    const [answer] = await world.written();
    expect(brief(answer)).toBe(`message ${room} -> ${ROMEO_X} m1 error internal-server-error`);
    const id = /under ([0-9a-f]{8})\./.exec(answer?.getChild('error')?.getChildText('text') ?? '')?.[1];
    const logged = world.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    expect(logged).toMatchObject([{ id, stanza: 'message', err: { message: 'no such thing' } }]);
    expect(world.lines.join()).not.toContain('my secret');
  });

  it.each([
    ['no from', `<message to='${room}' type='groupchat'><body>b</body></message>`],
    ['no to', `<message from='${ROMEO_X}' type='groupchat'><body>b</body></message>`],
    ['another domain', `<message from='${ROMEO_X}' to='x@other.example'><body>b</body></message>`],
    ['a longer domain', `<message from='${ROMEO_X}' to='x@a.${GATEWAY}'><body>b</body></message>`],
    ['a result that nobody waits for', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='result' id='1'/>`],
    ['an error that nobody waits for', `<iq from='${ROMEO_X}' to='${GATEWAY}' type='error' id='1'/>`],
    ['an error from nowhere', `<message from='${ROMEO_X}' to='%net@${GATEWAY}' type='error' id='1'/>`],
    ['an error in presence', `<presence from='${ROMEO_X}' to='%net@${GATEWAY}/x' type='error' id='1'/>`],
    ['who goes offline', `<presence from='${ROMEO_X}' to='%net@${GATEWAY}/x' type='unavailable' id='1'/>`],
  ])('with %s are dropped', async (_, text) => {
    send(text);
    expect(await world.written()).toEqual([]);
    expect(taken).toEqual([]);
  });

  it('for a domain that is not ours are dropped, and the operator is told', async () => {
    edge.onStanza(stanza(`<message from='${ROMEO_X}' to='other.example'><body>b</body></message>`));
    expect(await world.written()).toEqual([]);
    expect(world.lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, to: 'other.example' }]);
  });

  it('that were too large are answered from their header', async () => {
    edge.onOversize(stanza(`<message from='${ROMEO_X}' to='${room}' type='groupchat' id='m1'/>`));
    edge.onOversize(stanza(`<message from='${ROMEO_X}' to='${room}' type='error' id='m2'/>`));
    edge.onOversize(stanza(`<message to='${room}' id='m3'/>`));
    const answers = await world.written();
    expect(answers.map(brief)).toEqual([`message ${room} -> ${ROMEO_X} m1 error not-acceptable`]);
  });
});

describe('requests in', () => {
  const PING = "<ping xmlns='urn:xmpp:ping'/>";

  it('are answered', async () => {
    send(`<iq from='${ROMEO_X}' to='${room}/Romeo' type='get' id='1'>${PING}</iq>`);
    send(`<iq from='${ROMEO_X}' to='#padua%net@${GATEWAY}/R' type='get' id='2'>${PING}</iq>`);
    send(`<iq from='${ROMEO_X}' to='${GATEWAY}' type='set' id='3'><unknown xmlns='urn:unknown'/></iq>`);
    send(`<iq from='${ROMEO_X}' to='${GATEWAY}' type='get' id='4'/>`);
    expect((await world.written()).map(brief)).toEqual([
      `iq ${room}/Romeo -> ${ROMEO_X} 1 result`,
      `iq #padua%net@${GATEWAY}/R -> ${ROMEO_X} 2 error not-acceptable`,
      `iq ${GATEWAY} -> ${ROMEO_X} 3 error service-unavailable`,
      `iq ${GATEWAY} -> ${ROMEO_X} 4 error bad-request`,
    ]);
  });

  it('that break something are answered with a number', async () => {
    send(
      `<iq from='${ROMEO_X}' to='${GATEWAY}' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
    );
    expect((await world.written()).map(brief)).toEqual([`iq ${GATEWAY} -> ${ROMEO_X} 1 error internal-server-error`]);
  });
});

describe('errors that come back', () => {
  const error = (condition: string, { from = ROMEO_X, to = `${room}/Juliet` } = {}) =>
    send(
      `<message from='${from}' to='${to}' type='error' id='e1'><error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    );

  it.each([
    'gone',
    'item-not-found',
    'recipient-unavailable',
    'redirect',
    'remote-server-not-found',
    'remote-server-timeout',
    'service-unavailable',
  ])('%s: the full JID is out of the room', async (condition) => {
    error(condition);
    error(condition, { to: room });
    expect(gone).toEqual([
      [GATEWAY, ROMEO_X, VERONA],
      [GATEWAY, ROMEO_X, VERONA],
    ]);
    expect(await world.written()).toEqual([]);
  });

  it('of other kinds, from bare JIDs and to people say nothing', () => {
    error('not-allowed');
    error('gone', { from: ROMEO });
    error('gone', { to: `juliet%net@${GATEWAY}` });
    error('gone', { to: GATEWAY });
    expect(gone).toEqual([]);
  });
});

describe('events out', () => {
  const said = (text: string, place: Place = VERONA): Event => ({
    id: 'e1' as EventId,
    at: 0,
    place,
    from: { kind: 'network', id: 'juliet', name: 'Juliet' },
    live: true,
    kind: 'message',
    text,
    style: 'plain',
  });

  it('are one stanza for each reader, whatever their text is', async () => {
    const text = "</body></message><message from='a' to='b'><body>two";
    const readers = [{ jid: ROMEO_X, nick: 'Romeo' }, { jid: "o'hara@a.example/<x>" }];
    edge.deliver(said(text), readers, { id: 'm1' as XmppId });
    const written = await world.written();
    expect(written.map(brief)).toEqual([
      `message ${room}/Juliet -> ${ROMEO_X} m1 groupchat`,
      `message ${room}/Juliet -> o'hara@a.example/<x> m1 groupchat`,
    ]);
    expect(written.map((one) => one.getChildText('body'))).toEqual([text, text]);
  });

  it('say when they happened if that was more than two minutes before they are written', async () => {
    const late = { ...said('b'), at: -120_001 };
    for (const event of [said('a'), { ...late, at: -120_000 }, late]) edge.deliver(event, [{ jid: ROMEO_X }]);
    const stamps = (await world.written()).map((one) => one.getChild('delay', 'urn:xmpp:delay')?.attrs.stamp);
    expect(stamps).toEqual([undefined, undefined, '1969-12-31T23:57:59.999Z']);
  });

  it('that nobody reads, of a kind or to a place that is not there, are nothing', async () => {
    edge.deliver(said('b'), []);
    edge.deliver(said('b', { kind: 'shared', transport: 'other.example', id: '#x%net' }), [{ jid: ROMEO_X }]);
    edge.deliver({ ...said('b'), kind: 'attention' }, [{ jid: ROMEO_X }]);
    edge.deliver(said('b', { kind: 'shared', transport: GATEWAY, id: ' #x%net' }), [{ jid: ROMEO_X }]);
    expect(await world.written()).toEqual([]);
  });
});

describe('alive', () => {
  async function asked(answer: string): Promise<boolean> {
    const alive = edge.alive(GATEWAY, '#verona%net', ROMEO_X);
    const [ping] = await world.written();
    expect(ping?.getChild('ping', 'urn:xmpp:ping')).toBeDefined();
    expect(ping?.attrs).toMatchObject({ type: 'get', from: room, to: ROMEO_X });
    world.requests.take(stanza(`<iq from='${ROMEO_X}' to='${room}' id='${ping?.attrs.id}' ${answer}</iq>`));
    return alive;
  }
  const error = (condition: string) =>
    `type='error'><error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;

  it('is who answers', async () => {
    expect(await asked("type='result'>")).toBe(true);
    expect(await asked(error('feature-not-implemented'))).toBe(true);
  });

  it('is not whose server answers', async () => {
    expect(await asked(error('service-unavailable'))).toBe(false);
    expect(await asked(error('remote-server-not-found'))).toBe(false);
  });

  it('is taken for granted while nobody answers', async () => {
    const alive = edge.alive(GATEWAY, '#verona%net', ROMEO_X);
    world.requests.drop(GATEWAY, 'the link dropped');
    expect(await alive).toBe(true);
    expect(await edge.alive('other.example', '#verona%net', ROMEO_X)).toBe(false);
  });
});
