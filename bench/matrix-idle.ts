// What idle accounts of their own cost on Matrix: memory, and CPU while nothing happens.
// node_modules/.bin/node bench/matrix-idle.ts [ACCOUNTS [ROOMS [MEMBERS]]]
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { AS_TOKEN, HS_TOKEN, homeserver, SERVER } from '../test/fakes/homeserver.ts';
import { attribute } from './load/scan.ts';
import { openXmppLoad } from './load/xmpp-server.ts';
import { cpuSeconds, residentMegabytes } from './measure.ts';
import { startProcess } from './target.ts';
import { ROOT } from './targets/isthmus.ts';

const ACCOUNTS = Number(process.argv[2] ?? 1000);
/** Rooms that each account is in, with so many accounts in each. */
const ROOMS = Number(process.argv[3] ?? 5);
const MEMBERS = Number(process.argv[4] ?? 20);
/** Milliseconds after the last login, and for which nothing happens. */
const REST = 20_000;
const [DOMAIN, HOME, SECRET] = ['matrix.bench.example', 'users.bench.example', 'secret'];
const AT_ONCE = 8;

const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'isthmus-bench-'));
const [xmpp, matrix] = await Promise.all([openXmppLoad(), homeserver()]);
const { state, accounts } = matrix;
state.now = Date.now();

const userOf = (n: number): string => `@u${n}:${SERVER}`;
for (let n = 0; n < ACCOUNTS; n++) state.users.set(userOf(n), { name: `User ${n}` });
for (let round = 0; round < ROOMS; round++)
  for (let first = 0; first < ACCOUNTS; first += MEMBERS) {
    const room = state.create(`r${round}-${first}`, userOf(first));
    state.add(room, userOf(first), 'm.room.name', { name: `Room ${round} of ${first}` }, '');
    for (let n = first + 1; n < Math.min(first + MEMBERS, ACCOUNTS); n++)
      state.member(room, userOf(n), userOf(n), 'join');
  }

const [port] = await freePorts(1);
const config = {
  xmpp: { host: '127.0.0.1', port: xmpp.port, domains: [HOME] },
  store: `sqlite:${join(dir, 'store.db')}`,
  key: { file: join(dir, 'isthmus.key') },
  http: { listen: `127.0.0.1:${port}`, public_url: `http://127.0.0.1:${port}` },
  access: { register: [HOME] },
  limits: { messages: 'off', joins: 'off', connect_pace: '0s' },
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
const quiet = { NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: undefined };
// As its operator starts it, who has no garbage of the logins left an hour later.
const running = startProcess(process.execPath, [join(ROOT, 'bin/isthmus.mjs'), 'run', '--config', file], quiet);

/** Links an account, and sends presence. Resolves once it is online. */
const waiting = new Map<string, () => void>();
const fields = (n: number): string =>
  Object.entries({ user: userOf(n), password: 'secret', encryption: 'false' })
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('');

function link(n: number): Promise<void> {
  const jid = `u${n}@${HOME}`;
  const form = `<x xmlns='jabber:x:data' type='submit'>${fields(n)}</x>`;
  xmpp.write(
    `<iq type='set' id='l${n}' from='${jid}/phone' to='${DOMAIN}'><query xmlns='jabber:iq:register'>${form}</query></iq>`,
  );
  xmpp.flush();
  return new Promise((done) => waiting.set(jid, done));
}

xmpp.receive = (stanza) => {
  const to = attribute(stanza, 'to') ?? '';
  const [jid = ''] = to.split('/');
  // An account that is linked is asked to let itself be seen.
  if (stanza.startsWith('<presence') && attribute(stanza, 'type') === 'subscribe') {
    for (const type of ['subscribed', 'subscribe'])
      xmpp.write(`<presence type='${type}' from='${jid}' to='${DOMAIN}'/>`);
    xmpp.write(`<presence from='${jid}/phone' to='${DOMAIN}'/>`);
    xmpp.flush();
  } else if (stanza.includes('Online as')) {
    waiting.get(jid)?.();
    waiting.delete(jid);
  }
};

try {
  await Promise.race([xmpp.online, delay(20_000, undefined, { ref: false })]);
  await delay(1000);
  const before = residentMegabytes(running.pid);
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < ACCOUNTS) await link(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - began) / 1000;
  await delay(REST);
  const cpu = cpuSeconds(running.pid);
  await delay(REST);
  const idle = ((cpuSeconds(running.pid) - cpu) / REST) * 1e5;
  const rss = residentMegabytes(running.pid);
  console.log(
    `${ACCOUNTS} accounts, each in ${ROOMS} rooms of ${MEMBERS}, linked in ${seconds.toFixed(0)} s, ${accounts.parked} wait for news: ` +
      `RSS ${rss.toFixed(0)} MB (${before.toFixed(0)} MB without), ${idle.toFixed(1)} % of a core while nothing happens`,
  );
} catch (error) {
  throw new Error(running.output(), { cause: error });
} finally {
  await running.stop();
  await Promise.all([xmpp.close(), matrix[Symbol.asyncDispose]()]);
  rmSync(dir, { recursive: true, force: true });
}
