// What each hostile server does to everybody else: how late a message on another server comes, and the memory of the process.
// node_modules/.bin/node bench/hostile-irc.ts [PART OF A NAME]
// `round` is the CPU time (ms) of the costliest round of the gateway's event loop, of which a busy machine makes no more; `latest` and
// `own loop`, that of this process, are as they were.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type Attack, attacks } from '../test/bridges/irc/attacks.ts';
import { type IrcConnection, ircServer } from '../test/fakes/irc-server.ts';
import { attribute } from './load/scan.ts';
import { DOMAIN, USERS } from './load/world.ts';
import { openXmppLoad } from './load/xmpp-server.ts';
import { residentMegabytes } from './measure.ts';
import { config, startMain } from './targets/isthmus.ts';

const all = [{ name: 'does nothing', pieces: () => [] } satisfies Attack, ...attacks()].filter(({ name }) =>
  new RegExp(process.argv[2] ?? '').test(name),
);
/** Milliseconds between two messages on the other server, and for which an attack may go on. */
const EVERY = 10;
const PATIENCE = 60_000;

const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'isthmus-bench-'));
const rounds = join(dir, 'rounds');
const xmpp = await openXmppLoad();
const servers = await Promise.all(
  [{}, ...all].map(({ caps = [], isupport }: Partial<Attack>) =>
    ircServer({ serve: true, ...(caps.length > 0 && { caps }), ...(isupport && { isupport }) }),
  ),
);
const settings = config({ xmppPort: xmpp.port, ircPort: 0, dir });
const transport = {
  ...settings.transports[DOMAIN],
  servers: Object.fromEntries(
    servers.map(({ port }, n) => [`h${n}`, { host: '127.0.0.1', port, tls: false, throttle: 'off' as const }]),
  ),
};
const running = startMain(
  join(import.meta.dirname, '../src/main.ts'),
  { xmppPort: xmpp.port, ircPort: 0, users: 0, dir, rounds, profile: process.env.PROFILE },
  {
    ...settings,
    limits: { ...settings.limits, connect_pace: '0s' } as typeof settings.limits,
    transports: { [DOMAIN]: transport as unknown as (typeof settings.transports)[typeof DOMAIN] },
  },
);

const user = (n: number): string => `u${n}@${USERS}`;
const entered = new Map<string, () => void>();
let [said, heard, worst, stanzas] = [0, 0, 0, 0];
const times = new Map<number, number>();

xmpp.receive = (stanza) => {
  stanzas++;
  const [, canary] = /canary-(\d+)/.exec(stanza) ?? [];
  const sent = canary === undefined ? undefined : times.get(Number(canary));
  if (sent !== undefined) {
    worst = Math.max(worst, performance.now() - sent);
    times.delete(Number(canary));
    heard++;
  } else if (stanza.includes('read-')) entered.get(/read-\d+/.exec(stanza)?.[0] ?? '')?.();
  else if (stanza.includes('<subject')) entered.get(attribute(stanza, 'to'))?.();
};

/** Enters a channel; gives the server's end. */
async function enter(n: number, channel: string, nick: string): Promise<IrcConnection> {
  const to = `${user(n)}/phone`;
  const inside = new Promise<void>((done) => entered.set(to, done));
  xmpp.write(
    `<presence from='${to}' to='${channel}%h${n}@${DOMAIN}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
  );
  xmpp.flush();
  const far = await servers[n]?.accept();
  await inside;
  if (!far) throw new Error('there is no such server');
  return far;
}

const QUESTIONS = {
  join: (n: number) =>
    `<presence from='${user(n)}/phone' to='#big%h${n}@${DOMAIN}/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
  list: (n: number) =>
    `<iq type='get' id='l' from='${user(n)}/phone' to='h${n}@${DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
  card: (n: number) =>
    `<iq type='get' id='c' from='${user(n)}/phone' to='juliet%h${n}@${DOMAIN}'><vCard xmlns='vcard-temp'/></iq>`,
} as const;
const COMMANDS = { join: 'JOIN', list: 'LIST', card: 'WHOIS' } as const;

/** Plays an attack; resolves with how many bytes it was once all has been read. */
async function play({ asks, pieces, end }: Attack, n: number): Promise<number> {
  const far = await enter(n, '#c', 'romeo');
  far.send(':juliet!j@host.fake JOIN #c', ':nurse!n@host.fake JOIN #c');
  if (asks) {
    servers[n]?.on(COMMANDS[asks], () => true);
    xmpp.write(QUESTIONS[asks](n));
    xmpp.flush();
    await far.until(new RegExp(`^${COMMANDS[asks]}`));
  }
  let bytes = 0;
  for (const piece of pieces()) {
    const data = Buffer.from(piece);
    bytes += data.length;
    far.sendBytes(data);
    await turn();
  }
  const read = new Promise<void>((done) => entered.set(`read-${n}`, done));
  far.send(`:nurse!n@host.fake PRIVMSG romeo :read-${n}.`);
  await (end === 'closed' ? far.closed : read);
  await delay(300);
  far.kill();
  return bytes;
}

/** The costliest round of the gateway's event loop since a time (ms since 1970), in ms of CPU time; 0 where none has cost much. */
const costliest = (since: number): number =>
  Math.max(
    0,
    ...(existsSync(rounds) ? readFileSync(rounds, 'utf8') : '')
      .split('\n')
      .map((row) => row.split(' ').map(Number))
      .map(([at = 0, ms = 0]) => (at >= since ? ms : 0)),
  );

const cell = (text: string | number, width: number): string => String(text).padStart(width);

try {
  await xmpp.online;
  const quiet = await enter(0, '#q', 'watch');
  const canary = setInterval(() => {
    times.set(++said, performance.now());
    quiet.send(`:nurse!n@host.fake PRIVMSG #q :canary-${said}`);
  }, EVERY);
  const loop = monitorEventLoopDelay({ resolution: 5 });
  console.log(
    '| a server that | MB | seconds | stanzas | latest, ms | round, ms | own loop, ms | RSS, MB |\n|---|---|---|---|---|---|---|---|',
  );
  for (const [index, attack] of all.entries()) {
    await delay(500);
    [worst, stanzas] = [0, 0];
    loop.reset();
    loop.enable();
    const [began, since] = [performance.now(), Date.now()];
    const bytes = await Promise.race([play(attack, index + 1), delay(PATIENCE, undefined, { ref: false })]);
    const seconds = (performance.now() - began) / 1000;
    for (const waits = performance.now(); times.size > 3 && performance.now() - waits < 6_000; ) await delay(EVERY);
    loop.disable();
    const unheard = [...times.values()][0];
    if (unheard !== undefined) worst = Math.max(worst, performance.now() - unheard);
    console.log(
      `| ${attack.name.padEnd(64)} | ${cell(bytes === undefined ? 'not read' : (bytes / 1e6).toFixed(1), 6)} | ${cell(seconds.toFixed(1), 5)} | ${cell(stanzas, 6)} | ${cell(worst.toFixed(0), 6)} | ${cell(costliest(since), 5)} | ${cell((loop.max / 1e6).toFixed(0), 4)} | ${cell(residentMegabytes(running.pid).toFixed(0), 5)} |`,
    );
    if (running.ended() !== undefined) throw new Error('the gateway has ended');
  }
  clearInterval(canary);
  console.log(`${heard} of ${said} messages on the other server came`);
} catch (error) {
  throw new Error(running.output(), { cause: error });
} finally {
  await running.stop();
  await Promise.all([xmpp.close(), ...servers.map((one) => one[Symbol.asyncDispose]())]);
  rmSync(dir, { recursive: true, force: true });
}
