// What Matrix costs by ghosts, beside a bridge of a page on matrix-bot-sdk as its documentation shows it; and a large room.
// node_modules/.bin/node bench/matrix.ts [ROUNDS [SECONDS [MEMBERS]]]
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { AS_TOKEN, type FakeHomeserver, HS_TOKEN, homeserver, SERVER } from '../test/fakes/homeserver.ts';
import type { FakeRoom } from '../test/fakes/homeserver-state.ts';
import { type Flow, openFlow, Violation } from './load/flow.ts';
import { attribute, numberAfter, numberAt } from './load/scan.ts';
import { openXmppLoad, type XmppLoad } from './load/xmpp-server.ts';
import { cpuSeconds, median } from './measure.ts';
import { measureFlow } from './scenario.ts';
import { type Running, startProcess } from './target.ts';
import { ROOT } from './targets/isthmus.ts';
import { Turns } from './turns.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = Number(process.argv[3] ?? 6);
const MEMBERS = Number(process.argv[4] ?? 5000);
/** Users, each in a room of their own with Bob. */
const USERS = 10;
const WINDOW = 100;
const [DOMAIN, HOME, SECRET] = ['matrix.bench.example', 'users.bench.example', 'secret'];
const BOB = `@bob:${SERVER}`;
const FILLER = 'The quick brown fox jumps over the lazy dog while nobody is looking at either of them.';

type Load = { readonly xmpp: XmppLoad; readonly matrix: FakeHomeserver; readonly rooms: readonly FakeRoom[] };
type Target = {
  readonly name: string;
  start(load: Load, port: number, dir: string): { running: Running; hook: string };
};

const jid = (user: number): string => `u${user}@${HOME}/phone`;
const roomJid = (name: string): string => `#${name}\\3a${SERVER}@${DOMAIN}`;

const isthmus: Target = {
  name: 'Isthmus',
  start({ xmpp, matrix }, port, dir) {
    const config = {
      xmpp: { host: '127.0.0.1', port: xmpp.port, domains: [HOME] },
      store: `sqlite:${join(dir, 'store.db')}`,
      key: { file: join(dir, 'isthmus.key') },
      access: { register: [HOME] },
      limits: { messages: 'off', joins: 'off' },
      http: { listen: `127.0.0.1:${port}`, public_url: `http://127.0.0.1:${port}` },
      media: { dir: join(dir, 'media') },
      transports: {
        [DOMAIN]: {
          ...{ bridge: 'matrix', secret: SECRET, homeserver: { url: matrix.url, name: SERVER } },
          appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
        },
      },
    };
    const file = join(dir, 'config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config));
    const running = startProcess(process.execPath, [join(ROOT, 'src/main.ts'), 'run', '--config', file], QUIET);
    return { running, hook: `http://127.0.0.1:${port}/hooks/${DOMAIN}` };
  },
};

const botSdk: Target = {
  name: 'matrix-bot-sdk as documented',
  start({ xmpp, matrix }, port) {
    const settings = { xmppPort: xmpp.port, domain: DOMAIN, secret: SECRET, url: matrix.url, server: SERVER, port };
    const given = JSON.stringify({ ...settings, asToken: AS_TOKEN, hsToken: HS_TOKEN });
    const running = startProcess(process.execPath, [join(ROOT, 'bench/targets/bot-sdk.ts'), given], QUIET);
    return { running, hook: `http://127.0.0.1:${port}` };
  },
};
const QUIET = { NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: undefined };

const MINUTE = 60_000;

/** Resolves with the work, and rejects where it takes longer than that (ms). */
async function within<T>(ms: number, work: Promise<T>, otherwise: string): Promise<T> {
  const late = new AbortController();
  const end = delay(ms, undefined, { signal: late.signal }).then(() => Promise.reject(new Violation(otherwise)));
  return Promise.race([work, end]).finally(() => late.abort());
}

/** Joins users to rooms, one after the other. Resolves with the milliseconds until the last has the subject. */
async function enter({ xmpp }: Load, rooms: readonly string[]): Promise<number> {
  const began = performance.now();
  for (const [user, name] of rooms.entries()) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    xmpp.receive = (stanza) => {
      if (attribute(stanza, 'type') === 'error') reject(new Violation(stanza));
      if (stanza.startsWith('<message') && stanza.includes('<subject')) resolve();
    };
    const muc = "<x xmlns='http://jabber.org/protocol/muc'/>";
    xmpp.write(`<presence from='${jid(user)}' to='${roomJid(name)}/u${user}'>${muc}</presence>`);
    xmpp.flush();
    await within(MINUTE, promise, `${jid(user)} is not in ${name}`);
  }
  return performance.now() - began;
}

/** Messages of the users. One has arrived when the homeserver has it and its author has seen it. */
function toMatrix({ xmpp, matrix, rooms }: Load): Flow {
  const text = (lane: number, number: number) =>
    `<message from='${jid(lane)}' to='${roomJid(`r${lane}`)}' type='groupchat' id='m${lane}-${number}'><body>${number} ${FILLER}</body></message>`;
  const flow = openFlow({
    ...{ lanes: USERS, checkpoints: 2, window: WINDOW },
    send: (lane, number) => xmpp.write(text(lane, number)),
    flush: xmpp.flush,
  });
  const read = rooms.map(({ events }) => events.length);
  void matrix.when(() => {
    for (const [lane, { events }] of rooms.entries())
      for (let at = read[lane] ?? 0; at < events.length; read[lane] = ++at)
        if (events[at]?.type === 'm.room.message') flow.pass(0, lane, numberAt(String(events[at]?.content.body), 0));
    flow.fill();
    return false;
  });
  xmpp.receive = (stanza) => {
    if (attribute(stanza, 'type') === 'error') flow.fail(stanza);
    else if (stanza.startsWith('<message') && stanza.includes('<body>'))
      flow.pass(1, numberAt(attribute(stanza, 'to'), 1), numberAfter(stanza, '<body>'));
  };
  xmpp.turn = flow.fill;
  return flow;
}

/** What Bob says in the rooms, which has arrived when the user there has seen it. */
function toXmpp({ xmpp, matrix, rooms }: Load): Flow {
  const flow = openFlow({
    ...{ lanes: USERS, checkpoints: 1, window: WINDOW },
    send(lane, number) {
      const content = { msgtype: 'm.text', body: `${number} ${FILLER}`, 'm.mentions': {} };
      matrix.state.add(rooms[lane] as FakeRoom, BOB, 'm.room.message', content);
    },
    flush: () => undefined,
  });
  xmpp.receive = (stanza) => {
    if (stanza.startsWith('<message') && stanza.includes('<body>'))
      flow.pass(0, numberAt(attribute(stanza, 'to'), 1), numberAfter(stanza, '<body>'));
  };
  xmpp.turn = flow.fill;
  return flow;
}

/** Sends what happens in transactions, one after the other, each with all that has come since the last, as Synapse does. */
async function transact({ matrix, rooms }: Load, signal: AbortSignal): Promise<void> {
  const count = () => rooms.reduce((sum, { events }) => sum + events.length, 0);
  let send = matrix.gather();
  for (let told = count(); !signal.aborted; ) {
    if (count() === told) {
      await delay(1);
      continue;
    }
    told = count();
    const sending = send();
    send = matrix.gather();
    await sending;
  }
}

async function openLoad(): Promise<Load> {
  const [xmpp, matrix] = await Promise.all([openXmppLoad(), homeserver()]);
  const { state } = matrix;
  state.now = Date.now();
  // The library asks for one.
  state.givesDevices = true;
  state.users.set(BOB, { name: 'Bob' });
  const rooms = Array.from({ length: USERS }, (_, n) => state.create(`r${n}`, BOB, { alias: `#r${n}:${SERVER}` }));
  return { xmpp, matrix, rooms };
}

/** Starts a target on loads of its own, and ends all when the work is done. */
async function withTarget<T>(target: Target, work: (load: Load, pid: number) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'isthmus-bench-'));
  const [port = 0] = await freePorts(1);
  const load = await openLoad();
  const { running, hook } = target.start(load, port, dir);
  const stop = new AbortController();
  try {
    // On a cold disk it takes its time; what is said before is said to nobody.
    await within(MINUTE, load.xmpp.online, 'no link');
    load.matrix.hooks.push(hook);
    // What is asked at the start is done.
    await delay(1000);
    void transact(load, stop.signal);
    return await work(load, running.pid);
  } catch (error) {
    throw new Error(`${target.name}:\n${running.output()}`, { cause: error });
  } finally {
    stop.abort();
    await running.stop();
    await Promise.all([load.xmpp.close(), load.matrix[Symbol.asyncDispose]()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

const turns = new Turns();
type Figures = { readonly cpu: number; readonly rate: number; readonly rss: number };

async function play(target: Target, open: (load: Load) => Flow): Promise<Figures> {
  return withTarget(target, async (load, pid) => {
    await enter(
      load,
      load.rooms.map((_, n) => `r${n}`),
    );
    return (await measureFlow(open(load), { pid, warm: 3, seconds: SECONDS, turns })) as Figures;
  });
}

/**
 * Joins a room with that many members, perhaps while Bob says 500 messages a second in ten others. Resolves with the
 * milliseconds from the presence to the subject, and those of CPU.
 */
const joinLarge = (busy: boolean): Promise<{ readonly ms: number; readonly cpu: number }> =>
  withTarget(isthmus, async (load, pid) => {
    const { state } = load.matrix;
    const room = state.create('large', BOB, { alias: `#large:${SERVER}` });
    for (let n = 0; n < MEMBERS; n++) {
      const user = `@member${n}:${SERVER}`;
      state.users.set(user, { name: `Member ${n}` });
      state.member(room, user, user, 'join');
    }
    const names = load.rooms.map((_, n) => `r${n}`);
    if (busy) await enter(load, names);
    const say = (): void => {
      const content = { msgtype: 'm.text', body: FILLER, 'm.mentions': {} };
      for (const one of load.rooms) state.add(one, BOB, 'm.room.message', content);
    };
    const speaking = busy ? setInterval(say, 20) : undefined;
    await delay(busy ? 1000 : 0);
    const before = cpuSeconds(pid);
    const ms = await enter(load, ['large']).finally(() => clearInterval(speaking));
    return { ms, cpu: (cpuSeconds(pid) - before) * 1000 };
  });

const ways = [
  { name: 'XMPP → Matrix', open: toMatrix },
  { name: 'Matrix → XMPP', open: toXmpp },
];
console.log(`${USERS} users, a room each, ${WINDOW} messages under way; medians of ${ROUNDS} rounds in turns`);
console.log('| | | µs CPU a message | messages a second | RSS MB |\n|---|---|---|---|---|');
for (const { name, open } of ways) {
  const found = new Map<Target, Figures[]>([isthmus, botSdk].map((target) => [target, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [target, figures] of found) figures.push(await play(target, open));
  for (const [target, figures] of found) {
    const of = (key: keyof Figures, scale = 1) => (median(figures.map((one) => one[key])) * scale).toFixed(0);
    console.log(`| ${name} | ${target.name} | ${of('cpu', 10)} | ${of('rate')} | ${of('rss')} |`);
  }
}
for (let round = 0; round < ROUNDS; round++) {
  for (const busy of [false, true]) {
    const { ms, cpu } = await joinLarge(busy);
    const when = busy ? ', while 500 messages a second come in others' : '';
    console.log(
      `a room with ${MEMBERS} members is joined in ${ms.toFixed(0)} ms, with ${cpu.toFixed(0)} ms of CPU${when}`,
    );
  }
}
