// A user's own account on Matrix, through Isthmus and through matridge 0.4.1, on the same Synapse and the same kind of Prosody:
// how long what a user waits for takes, and how many stanzas their client reads and writes for it.
// python3 -m venv .servers/matridge && .servers/matridge/bin/pip install matridge==0.4.1; npm run test:real puts Synapse beside it.
// node_modules/.bin/node bench/matridge.ts [ROOMS [MESSAGES]]
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { startProsody } from '#src/process/cli/demo/servers/prosody.ts';
import { HOMESERVER, startSynapse } from '../test/real/synapse.ts';
import { rootOf } from '../test/real/unpacked.ts';
import { type Element, type XmppClient, xml, xmppClient } from '../test/real/xmpp.ts';
import { cpuSeconds, residentMegabytes } from './measure.ts';
import { type Running, startProcess } from './target.ts';
import { ROOT } from './targets/isthmus.ts';

const ROOMS = Number(process.argv[2] ?? 20);
const MESSAGES = Number(process.argv[3] ?? 100);
const [DOMAIN, SECRET, PASSWORD, REGISTER] = ['matrix.localhost', 'secret', 'pw', 'jabber:iq:register'];
/** Milliseconds after which what has not come is not waited for. */
const PATIENCE = 60_000;

type Setting = { readonly component: number; readonly http: number; readonly synapse: string; readonly dir: string };
type Gateway = {
  readonly name: string;
  /** What its form asks for. */
  form(synapse: string): Readonly<Record<string, string>>;
  start(setting: Setting): Running;
  /** Puts right what would end the comparison, before a room is joined. */
  mend?(dir: string): void;
};

const isthmus: Gateway = {
  name: 'Isthmus',
  form: () => ({ user: `@alice:${HOMESERVER}`, password: PASSWORD, encryption: 'true' }),
  start({ component, http, synapse, dir }) {
    const file = joinPath(dir, 'config.yaml');
    const appservice = { as_token: 'as-token', hs_token: 'hs-token' };
    const config = {
      xmpp: { host: '127.0.0.1', port: component },
      store: `sqlite:${joinPath(dir, 'store.db')}`,
      key: { file: joinPath(dir, 'isthmus.key') },
      http: { listen: `127.0.0.1:${http}`, public_url: `http://127.0.0.1:${http}` },
      access: { register: ['localhost'] },
      transports: {
        [DOMAIN]: { bridge: 'matrix', secret: SECRET, homeserver: { url: synapse, name: HOMESERVER }, appservice },
      },
    };
    writeFileSync(file, JSON.stringify(config));
    return startProcess(process.execPath, [joinPath(ROOT, 'src/main.ts'), 'run', '--config', file], {
      NODE_ENV: 'production',
    });
  },
};

const matridge: Gateway = {
  name: 'matridge 0.4.1',
  form: (homeserver) => ({ homeserver, username: 'alice', password: PASSWORD, device: 'bench' }),
  start({ component, dir }) {
    const given = {
      ...{ jid: DOMAIN, secret: SECRET, server: '127.0.0.1', port: component, 'home-dir': dir },
      ...{ 'user-jid-validator': '.*@localhost', 'upload-service': 'upload.localhost' },
    };
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return startProcess(joinPath(ROOT, '.servers/matridge/bin/matridge'), args);
  },
  // It compares the ids of rooms, which have capitals, with what XMPP servers make of them, which has none: no room can be joined.
  mend(dir) {
    using database = new DatabaseSync(joinPath(dir, 'slidge.sqlite'));
    database.exec('UPDATE room SET jid_localpart = lower(jid_localpart)');
  },
};

/** Alice's client: it lets the gateway in, as every client does, and keeps what it has heard. */
async function openClient(port: number) {
  const stanzas: Element[] = [];
  let count = 0;
  const client: XmppClient = await xmppClient({
    ...{ port, user: 'alice', password: PASSWORD, resource: 'phone' },
    heard(stanza) {
      count++;
      stanzas.push(stanza);
      if (stanza.is('presence') && stanza.attrs.type === 'subscribe')
        for (const type of ['subscribed', 'subscribe'])
          void send(xml('presence', { to: stanza.attrs.from ?? '', type }));
    },
  });
  const send = (stanza: Element): Promise<void> => {
    count++;
    return client.send(stanza);
  };
  /** Waits until what has been heard since `from` satisfies; undefined after the patience. Milliseconds since `began`. */
  async function until(
    began: number,
    satisfied: (heard: readonly Element[]) => boolean,
    from = 0,
    patience = PATIENCE,
  ) {
    for (; performance.now() - began < patience; await delay(5))
      if (satisfied(stanzas.slice(from))) return performance.now() - began;
    return undefined;
  }
  return {
    ...{ client, send, until },
    heardSince: (from: number): readonly Element[] => stanzas.slice(from),
    get heard() {
      return stanzas.length;
    },
    get count() {
      return count;
    },
    /** Asks and does not count it: only we want to know. */
    async ask(iq: Element): Promise<Element> {
      const before = count;
      const answer = await client.ask(iq);
      count = before;
      return answer;
    },
  };
}

/** The last thing that somebody hears who enters, or why they do not. */
const isEntered = (one: Element): boolean =>
  (one.is('message') && one.getChild('subject') !== undefined) || (one.is('presence') && one.attrs.type === 'error');
const bodyOf = (stanza: Element): string => (stanza.is('message') ? (stanza.getChildText('body') ?? '') : '');
const isOnline = (stanza: Element): boolean =>
  stanza.is('presence') &&
  stanza.attrs.from?.split('/')[0] === DOMAIN &&
  stanza.attrs.type === undefined &&
  /^(Online|Logged in) as/.test(stanza.getChildText('status') ?? '');

/** Calls the homeserver as a user. */
async function matrixUser(url: string, user: string) {
  const call = async (method: string, path: string, body?: object, token = ''): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${url}/_matrix/client/v3/${path}`, {
      ...{ method, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const identifier = { type: 'm.id.user', user };
  const login = await call('POST', 'login', { type: 'm.login.password', identifier, password: PASSWORD });
  return (method: string, path: string, body?: object) => call(method, path, body, String(login.access_token));
}

type Row = readonly [what: string, figure: string];
const ms = (time: number | undefined): string => (time === undefined ? 'not in a minute' : `${Math.round(time)} ms`);
const withStanzas = (time: number | undefined, stanzas: number): string => `${ms(time)}, ${stanzas} stanzas`;

type Alice = Awaited<ReturnType<typeof openClient>>;
type Call = Awaited<ReturnType<typeof matrixUser>>;
type Played = {
  readonly gateway: Gateway;
  readonly alice: Alice;
  readonly bob: Call;
  readonly setting: Setting;
  readonly rooms: readonly string[];
  readonly rows: Row[];
  running: Running;
};

const items = xml('query', { xmlns: 'http://jabber.org/protocol/disco#items' });
const info = xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' });
const muc = xml('x', { xmlns: 'http://jabber.org/protocol/muc' });
const question = (query: Element): Element => xml('iq', { type: 'get', to: DOMAIN }, query);

/** The form until the account is there, and until its rooms are. Resolves with the address of the first room. */
async function logIn({ gateway, alice, setting, rooms, rows }: Played): Promise<string> {
  const { count } = alice;
  const began = performance.now();
  const fields = Object.entries(gateway.form(setting.synapse)).map(([name, value]) =>
    xml('field', { var: name }, xml('value', {}, value)),
  );
  const form = xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields);
  await alice.send(xml('iq', { type: 'set', to: DOMAIN, id: 'register' }, xml('query', { xmlns: REGISTER }, form)));
  const online = await alice.until(began, (heard) => heard.some(isOnline));
  rows.push(['login: the form until "online"', withStanzas(online, alice.count - count)]);
  let known: readonly Element[] = [];
  const isWhole = () => rooms.every((_, n) => known.some(({ attrs }) => attrs.name === `Room ${n}`));
  for (; !isWhole() && performance.now() - began < PATIENCE; await delay(50))
    known = (await alice.ask(question(items))).getChild('query')?.getChildren('item') ?? [];
  const listed = isWhole() ? performance.now() - began : undefined;
  await delay(2000);
  const what = `the form until all ${rooms.length} rooms are in its list (and the stanzas of 2 s more)`;
  rows.push([what, withStanzas(listed, alice.count - count)]);
  return known.find(({ attrs }) => attrs.name === 'Room 0')?.attrs.jid ?? '';
}

/** Enters a room. Resolves with the last thing that is told then, or why it is refused. */
async function enter(alice: Alice, jid: string): Promise<Element | undefined> {
  const { heard: from } = alice;
  const find = (heard: readonly Element[]) =>
    heard.find((one) => one.attrs.from?.split('/')[0] === jid && isEntered(one));
  await alice.send(xml('presence', { to: `${jid}/alice` }, muc));
  await alice.until(performance.now(), (heard) => find(heard) !== undefined, from);
  return find(alice.heardSince(from));
}

async function join({ gateway, alice, setting, rows }: Played, jid: string): Promise<void> {
  let [began, count, note] = [performance.now(), alice.count, ''];
  let answer = await enter(alice, jid);
  if (answer?.attrs.type === 'error' && gateway.mend) {
    gateway.mend(setting.dir);
    note = '**refused** (item-not-found); after mending its database by hand ';
    [began, count] = [performance.now(), alice.count];
    answer = await enter(alice, jid);
  }
  const took = answer && answer.attrs.type !== 'error' ? performance.now() - began : undefined;
  rows.push(['joining a room', note + withStanzas(took, alice.count - count)]);
}

const cpu = (pid: number, since = 0): number => Math.round((cpuSeconds(pid) - since) * 1000);
const counted = (heard: readonly Element[], text: string): boolean =>
  heard.filter((one) => one.attrs.type === 'groupchat' && bodyOf(one).startsWith(text)).length >= MESSAGES;

async function talk({ alice, bob, rows, rooms, running, gateway }: Played, jid: string): Promise<void> {
  const room = encodeURIComponent(rooms[0] ?? '');
  const out = { heard: alice.heard, count: alice.count, cpu: cpuSeconds(running.pid), at: performance.now() };
  for (let n = 0; n < MESSAGES; n++)
    await alice.send(xml('message', { to: jid, type: 'groupchat', id: `out${n}` }, xml('body', {}, `to Matrix ${n}`)));
  const reflected = await alice.until(out.at, (heard) => counted(heard, 'to Matrix'), out.heard);
  const found = await bob('GET', `rooms/${room}/messages?dir=b&limit=${MESSAGES + 20}`);
  const there = (found.chunk as { content: { body?: string } }[])
    .map(({ content }) => content.body ?? '')
    .filter((body) => body.startsWith('to Matrix'))
    .reverse();
  const order = there.every((body, n) => body === `to Matrix ${n}`) ? 'in order' : '**out of order**';
  const used = `${withStanzas(reflected, alice.count - out.count)}, ${cpu(running.pid, out.cpu)} ms CPU`;
  rows.push([`${MESSAGES} messages to Matrix, sent at once`, `${used}, ${there.length} there, ${order}`]);

  const inward = { heard: alice.heard, count: alice.count, cpu: cpuSeconds(running.pid), at: performance.now() };
  for (let n = 0; n < MESSAGES; n++)
    await bob('PUT', `rooms/${room}/send/m.room.message/${gateway.name}${n}`, {
      msgtype: 'm.text',
      body: `to XMPP ${n}`,
    });
  const said = performance.now();
  const came = await alice.until(said, (heard) => counted(heard, 'to XMPP'), inward.heard);
  const what = `${MESSAGES} messages to XMPP, one after the other: from the last until all are there`;
  rows.push([what, `${withStanzas(came, alice.count - inward.count)}, ${cpu(running.pid, inward.cpu)} ms CPU`]);
  rows.push(['memory then', `${residentMegabytes(running.pid).toFixed(0)} MB`]);
}

async function restart(played: Played, jid: string): Promise<void> {
  const { gateway, alice, bob, setting, rooms, rows } = played;
  const { heard: from, count } = alice;
  let began = performance.now();
  await played.running.stop();
  rows.push(['stop', ms(performance.now() - began)]);
  const away = 'said while away';
  const path = `rooms/${encodeURIComponent(rooms[0] ?? '')}/send/m.room.message/${gateway.name}away`;
  await bob('PUT', path, { msgtype: 'm.text', body: away });
  began = performance.now();
  played.running = gateway.start(setting);
  const back = await alice.until(began, (heard) => heard.some(isOnline), from);
  rows.push(['start again until "online"', withStanzas(back, alice.count - count)]);
  const heardIt = (heard: readonly Element[]) => heard.some((one) => bodyOf(one) === away);
  const late = await alice.until(began, heardIt, from, 10_000);
  let how = ms(late);
  if (late === undefined) {
    const isInvited = (one: Element) =>
      one.attrs.from === jid && one.getChild('x', 'jabber:x:conference') !== undefined;
    const told = alice.heardSince(from).some(isInvited) ? 'an invitation says so' : 'nothing says so';
    began = performance.now();
    await enter(alice, jid);
    how = `${told}; ${ms(await alice.until(began, heardIt, from, 15_000))} after joining again`;
  }
  rows.push(['what was said meanwhile', how]);
  rows.push(['CPU of that start', `${cpu(played.running.pid)} ms`]);
}

/** Plays everything with one gateway, on a Prosody and with a folder of its own. */
async function play(gateway: Gateway, synapse: string, bob: Call, rooms: readonly string[]): Promise<readonly Row[]> {
  const dir = mkdtempSync(joinPath(tmpdir(), 'isthmus-bench-'));
  const users = { alice: PASSWORD };
  await using prosody = await startProsody({
    ...{ domains: { [DOMAIN]: SECRET }, users, without: ['smacks'], http: true, upload: true },
  });
  const [http = 0] = await freePorts(1);
  const setting = { component: prosody.ports.component, http, synapse, dir };
  const alice = await openClient(prosody.ports.c2s);
  await alice.send(xml('presence'));
  const began = performance.now();
  const played: Played = { ...{ gateway, alice, bob, setting, rooms, rows: [] }, running: gateway.start(setting) };
  try {
    while ((await alice.ask(question(info))).attrs.type !== 'result' && performance.now() - began < PATIENCE)
      await delay(20);
    played.rows.push(['start until it answers', ms(performance.now() - began)]);
    const jid = await logIn(played);
    await join(played, jid);
    await talk(played, jid);
    await restart(played, jid);
    await alice.client[Symbol.asyncDispose]();
    return played.rows;
  } catch (error) {
    throw new Error(`${gateway.name}: ${played.running.output().slice(-3000)}`, { cause: error });
  } finally {
    await played.running.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (!existsSync(`${rootOf('synapse')}/installed.txt`)) throw new Error('Synapse is not there: npm run test:real');
const tables: { name: string; rows: readonly Row[] }[] = [];
for (const gateway of [isthmus, matridge]) {
  await using synapse = await startSynapse();
  for (const user of ['alice', 'bob']) await synapse.register(user, PASSWORD);
  const [alice, bob] = [await matrixUser(synapse.url, 'alice'), await matrixUser(synapse.url, 'bob')];
  const rooms: string[] = [];
  for (let n = 0; n < ROOMS; n++) {
    const { room_id: id } = await bob('POST', 'createRoom', { name: `Room ${n}`, preset: 'public_chat' });
    await alice('POST', `join/${encodeURIComponent(String(id))}`, {});
    rooms.push(String(id));
  }
  tables.push({ name: gateway.name, rows: await play(gateway, synapse.url, bob, rooms) });
}
console.log(`| | ${tables.map(({ name }) => name).join(' | ')} |\n|---|${tables.map(() => '---|').join('')}`);
for (const [index, [what]] of (tables[0]?.rows ?? []).entries())
  console.log(`| ${what} | ${tables.map(({ rows }) => rows[index]?.[1] ?? '').join(' | ')} |`);
