import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Element } from 'ltx';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Core, Origin } from '#src/core/index.ts';
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
import { handClock } from '../hand-clock.ts';
import {
  GATEWAY,
  core as inventedCore,
  transport as inventedTransport,
  ROMEO,
  ROMEO_X,
  service,
  stanza,
  VERONA,
} from './invented.ts';

const room = `#verona%net@${GATEWAY}`;
/** Another transport of the gateway. */
const OTHER = 'other.gw.example';
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
  const clock = handClock();
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const requests = createRequests(clock, openSilentServers(clock, log));
  const link = {
    stanza: writer.stanza,
    fanOut: writer.fanOut,
    request: (ask: Ask) => requests.ask({ domain: GATEWAY, writer }, ask),
    epoch: () => 1,
    barrier: async () => {},
  };
  const core = inventedCore(changes);
  const edge = openEdge({
    transports: new Map([GATEWAY, OTHER].map((domain) => [domain, inventedTransport({ domain })])),
    links: new Map([GATEWAY, OTHER].map((domain) => [domain, link])),
    core: () => core,
    now: () => 0,
    service,
    occupantIds: () => 'id',
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
    clock,
    lines,
    requests,
    permitted: true,
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
let chats: string[];
let bounces: string[];
let gone: [string, string, Place | undefined][];
let accept: (draft: Draft) => void;
let world: Awaited<ReturnType<typeof openWorld>>;
let edge: Edge;

beforeEach(async () => {
  taken = [];
  gone = [];
  chats = [];
  bounces = [];
  accept = () => {};
  world = await openWorld({
    accept: (draft, origin) => {
      taken.push({ draft, origin });
      accept(draft);
    },
    permitted: () => world.permitted,
    bounced: async (_transport, _user, _id, why) => void bounces.push(why),
    chat: async (_transport, { owner }) => void chats.push(owner),
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
    expect(taken[0]?.origin).toEqual({
      stanza: 'message',
      from: ROMEO_X,
      to: room,
      type: 'groupchat',
      id: 'm1',
      said: 'hello',
    });
  });

  it('are refused by the core with its failure, addresses turned round', async () => {
    accept = () => {
      throw new Failure('not-on-list');
    };
    send(`<message from='${ROMEO_X}' to='${room}' type='groupchat' id='m1'><body>b</body></message>`);
    send(`<presence from='${ROMEO_X}' to='${room}/R' id='p1'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
    const [message, notice, presence] = await world.written();
    expect(brief(message)).toBe(`message ${room} -> ${ROMEO_X} m1 error forbidden`);
    expect(notice?.getChildText('body')).toMatch(/^Not sent: "b" /);
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

const GONE = [
  'gone',
  'item-not-found',
  'jid-malformed',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
];
/** RFC 6120 §8.3.3: all others but service-unavailable. */
const SILENT = [
  'bad-request',
  'conflict',
  'feature-not-implemented',
  'forbidden',
  'internal-server-error',
  'not-acceptable',
  'not-allowed',
  'not-authorized',
  'policy-violation',
  'registration-required',
  'resource-constraint',
  'subscription-required',
  'undefined-condition',
  'unexpected-request',
];
const errorOf = (condition: string) =>
  `<error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
const INFO = 'http://jabber.org/protocol/disco#info';

/** The one question that the edge has asked, as briefly as it can be told. */
async function question(payload: string, namespace: string) {
  const [ask, ...more] = await world.written();
  expect(more).toEqual([]);
  expect(ask?.getChild(payload, namespace)).toBeDefined();
  const { type, from, to, id } = ask?.attrs ?? {};
  const answer = (text: string) =>
    expect(world.requests.take(stanza(`<iq from='${to}' to='${from}' id='${id}' ${text}</iq>`))).toBe(true);
  return {
    says: `${type} ${from} -> ${to}`,
    result: () => answer("type='result'>"),
    error: (condition: string) => answer(`type='error'>${errorOf(condition)}`),
  };
}

describe('errors that come back', () => {
  const error = (kind: string, condition: string, { from = ROMEO_X, to = `${room}/Juliet` } = {}) =>
    send(`<${kind} from='${from}' to='${to}' type='error' id='e1'>${errorOf(condition)}</${kind}>`);
  const out = [GATEWAY, ROMEO_X, VERONA];
  const offline = { kind: 'presence', show: 'offline', from: { kind: 'xmpp', bare: ROMEO, resource: 'x' } };

  it.each(GONE)('%s: the full JID is out of the room', async (condition) => {
    error('message', condition);
    error('message', condition, { to: room });
    error('presence', condition);
    expect(gone).toEqual([out, out, out]);
    expect(await world.written()).toEqual([]);
  });

  it.each(GONE)('%s to the presence of a contact: the full JID is not there', (condition) => {
    error('presence', condition, { to: `juliet%net@${GATEWAY}` });
    expect(taken.map(({ draft }) => draft)).toMatchObject([
      { ...offline, place: { kind: 'contact', id: 'juliet%net' } },
    ]);
  });

  it.each(SILENT)('%s says nothing', async (condition) => {
    for (const kind of ['message', 'presence'])
      for (const to of [room, `${room}/Juliet`, `juliet%net@${GATEWAY}`, GATEWAY]) error(kind, condition, { to });
    expect([gone, taken, await world.written()]).toEqual([[], [], []]);
  });

  it('without a condition, of bare JIDs, and messages to people say nothing', async () => {
    send(`<presence from='${ROMEO_X}' to='${room}' type='error'/>`);
    send(`<presence from='${ROMEO_X}' to='${room}' type='error'><error><gone xmlns='urn:x'/></error></presence>`);
    error('message', 'gone', { from: ROMEO });
    error('presence', 'gone', { from: ROMEO, to: `juliet%net@${GATEWAY}` });
    error('message', 'gone', { to: `juliet%net@${GATEWAY}` });
    error('message', 'gone', { to: GATEWAY });
    expect([gone, taken, await world.written()]).toEqual([[], [], []]);
  });

  it.each(['message', 'presence'])('service-unavailable to a %s is asked about, once', async (kind) => {
    error(kind, 'service-unavailable');
    error(kind, 'service-unavailable', { to: room });
    const asked = await question('query', INFO);
    expect(asked.says).toBe(`get ${room} -> ${ROMEO_X}`);
    expect(gone).toEqual([]);
    asked.error('service-unavailable');
    await world.written();
    expect(gone).toEqual([out]);
  });

  it('a client that answers anything of its own stays', async () => {
    for (const condition of [undefined, 'feature-not-implemented', 'forbidden']) {
      error('message', 'service-unavailable');
      const asked = await question('query', INFO);
      if (condition === undefined) asked.result();
      else asked.error(condition);
      await world.written();
    }
    expect(gone).toEqual([]);
  });

  it('whose question nobody answers stays', async () => {
    error('message', 'service-unavailable');
    await question('query', INFO);
    world.clock.advance(30_000);
    await world.written();
    expect(gone).toEqual([]);
    // The next error asks anew.
    error('message', 'service-unavailable');
    expect((await question('query', INFO)).says).toBe(`get ${room} -> ${ROMEO_X}`);
  });

  it('of who is in no room, or not let in, are not asked about', async () => {
    error('message', 'service-unavailable', { to: `#padua%net@${GATEWAY}/R` });
    world.permitted = false;
    error('presence', 'service-unavailable', { to: `juliet%net@${GATEWAY}` });
    expect(await world.written()).toEqual([]);
  });

  it('of the presence of a contact are asked about by the gateway: the contact alone may be blocked', async () => {
    error('presence', 'service-unavailable', { to: `juliet%net@${GATEWAY}` });
    const asked = await question('query', INFO);
    expect(asked.says).toBe(`get ${GATEWAY} -> ${ROMEO_X}`);
    asked.error('service-unavailable');
    await world.written();
    expect(taken.map(({ draft }) => draft)).toMatchObject([offline]);
  });
});

describe('what comes from a transport of this gateway', () => {
  const MUC = "<x xmlns='http://jabber.org/protocol/muc'/>";
  const JULIET = `juliet%net@${OTHER}`;
  const asking = [
    ['iq', "type='get'", "<query xmlns='jabber:iq:register'/>"],
    ['iq', "type='set'", "<query xmlns='jabber:iq:register'><remove/></query>"],
    ['iq', "type='get'", "<ping xmlns='urn:xmpp:ping'/>"],
    ['message', "type='chat'", '<body>help</body>'],
    ['message', '', '<body>help</body>'],
    ['message', "type='groupchat'", '<body>help</body>'],
    ['message', '', "<x xmlns='jabber:x:conference' jid='#verona%net@gw.example'/>"],
    ['presence', '', MUC],
    ['presence', "type='subscribe'", ''],
  ];
  const silent = [
    ['iq', "type='result'", ''],
    ['iq', "type='error'", errorOf('gone')],
    ['message', "type='error'", errorOf('gone')],
    ['presence', '', ''],
    ...['error', 'probe', 'unavailable', 'subscribed', 'unsubscribe', 'unsubscribed'].map((type) => [
      'presence',
      `type='${type}'`,
      '',
    ]),
  ];
  const from = [GATEWAY, OTHER, JULIET, `${JULIET}/gateway`, `#verona%net@${GATEWAY}/Juliet`];
  const to = [GATEWAY, `net@${GATEWAY}`, room, `${room}/Romeo`, `juliet%net@${GATEWAY}`];
  const each = (kinds: string[][]): string[] =>
    kinds.flatMap(([kind, attributes, inside]) =>
      from.flatMap((one) =>
        to.map((other) => `<${kind} from='${one}' to='${other}' id='1' ${attributes}>${inside}</${kind}>`),
      ),
    );
  /** What is said to the gateway itself, as our own barriers are. */
  const toItself = (text: string) => text.startsWith('<message') && text.includes(`to='${GATEWAY}'`);
  const condition = (one: Element) => one.getChild('error')?.getChildElements()[0]?.name;

  it('is refused once where it asks for something, and is nobody', async () => {
    const all = each(asking).filter((text) => !toItself(text));
    all.forEach(send);
    const answers = await world.written();
    const turned = ({ name, attrs }: Element) => `<${name} from='${attrs.to}' to='${attrs.from}' id='1' `;
    expect(answers.map(condition)).toEqual(all.map(() => 'not-allowed'));
    expect(answers.map(turned)).toEqual(all.map((text) => text.slice(0, text.indexOf("id='1' ") + 7)));
    expect([taken, gone, chats]).toEqual([[], [], []]);
  });

  it('is passed over where it does not', async () => {
    each(silent).forEach(send);
    each(asking).filter(toItself).forEach(send);
    expect(await world.written()).toEqual([]);
    expect([taken, gone, chats]).toEqual([[], [], []]);
  });

  it('is refused as well where it is too large', async () => {
    edge.onOversize(stanza(`<message from='${JULIET}' to='${room}' id='1'/>`));
    edge.onOversize(stanza(`<message from='${JULIET}' to='${room}' id='2' type='error'/>`));
    expect((await world.written()).map(brief)).toEqual([`message ${room} -> ${JULIET} 1 error not-allowed`]);
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

  it('tell of typing only what is news; a message ends it', async () => {
    const typing = (active: boolean, id = 'juliet'): Event => ({
      ...said(''),
      from: { kind: 'network', id, name: id },
      kind: 'typing',
      active,
    });
    const events = [
      ...[typing(false), typing(true), typing(true), typing(true, 'nurse'), typing(false), typing(false)],
      ...[typing(true), said('a'), typing(false), typing(true)],
    ];
    for (const event of events) edge.deliver(event, [{ jid: ROMEO_X }]);
    const states = (await world.written()).map((one) => `${one.attrs.from} ${one.getChildElements()[0]?.getName()}`);
    expect(states).toEqual([
      `${room}/juliet composing`,
      `${room}/nurse composing`,
      `${room}/juliet paused`,
      `${room}/juliet composing`,
      `${room}/Juliet body`,
      `${room}/juliet composing`,
    ]);
  });

  it('that nobody reads, of a kind or to a place that is not there, are nothing', async () => {
    edge.deliver(said('b'), []);
    edge.deliver(said('b', { kind: 'shared', transport: 'other.example', id: '#x%net' }), [{ jid: ROMEO_X }]);
    edge.deliver({ ...said('b'), kind: 'call' }, [{ jid: ROMEO_X }]);
    edge.deliver(said('b', { kind: 'shared', transport: GATEWAY, id: ' #x%net' }), [{ jid: ROMEO_X }]);
    expect(await world.written()).toEqual([]);
  });
});

describe('alive', () => {
  const alive = () => edge.alive(GATEWAY, '#verona%net', ROMEO_X);
  async function pinged() {
    const ping = await question('ping', 'urn:xmpp:ping');
    expect(ping.says).toBe(`get ${room} -> ${ROMEO_X}`);
    return ping;
  }
  async function asked(condition?: string): Promise<boolean> {
    const answer = alive();
    const ping = await pinged();
    if (condition === undefined) ping.result();
    else ping.error(condition);
    return answer;
  }

  it('is who answers, with whatever says nothing of being gone', async () => {
    expect(await asked()).toBe(true);
    for (const condition of SILENT) expect([condition, await asked(condition)]).toEqual([condition, true]);
  });

  it('is not who is gone by the answer', async () => {
    for (const condition of GONE) expect([condition, await asked(condition)]).toEqual([condition, false]);
  });

  it.each([
    ['who knows no pings', undefined, true],
    ['who knows nothing at all', 'feature-not-implemented', true],
    ['who is gone', 'service-unavailable', false],
  ])('after service-unavailable is asked once more: %s', async (_, condition, there) => {
    const answer = alive();
    (await pinged()).error('service-unavailable');
    const second = await question('query', INFO);
    expect(second.says).toBe(`get ${room} -> ${ROMEO_X}`);
    if (condition === undefined) second.result();
    else second.error(condition);
    expect(await answer).toBe(there);
  });

  it('is taken for granted while nobody answers', async () => {
    const first = alive();
    await pinged();
    world.clock.advance(30_000);
    expect(await first).toBe(true);
    const second = alive();
    (await pinged()).error('service-unavailable');
    await question('query', INFO);
    world.clock.advance(30_000);
    expect(await second).toBe(true);
    const third = alive();
    world.requests.drop(GATEWAY, 'the link dropped');
    expect(await third).toBe(true);
    expect(await edge.alive('other.example', '#verona%net', ROMEO_X)).toBe(false);
  });
});

describe('that the server of a user cannot be reached', () => {
  const error = (from: string): string =>
    `<message type='error' id='e1' from='${from}' to='juliet%net@${GATEWAY}'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;

  it('is said of a bare address: a client there, which has a resource, says so of nobody else', () => {
    send(error(ROMEO));
    send(error(ROMEO_X));
    expect(bounces).toEqual(['unreachable', 'again']);
  });
});
