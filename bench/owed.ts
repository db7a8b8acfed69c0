// A start with much owed: how long until the gateway is online, and how long a new message takes past the backlog.
// node_modules/.bin/node bench/owed.ts [ROWS] [LANES]: half of the rows go to XMPP, half to users of IRC who are away.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import { type NewRow, openStore, type Store } from '#src/store/index.ts';
import { configFrom } from '../test/config-from.ts';
import { DOMAIN, openWorld, REALM, USERS, userJid, type World } from './load/world.ts';
import { percentile } from './measure.ts';
import { config } from './targets/isthmus.ts';

const rows = Number(process.argv[2] ?? 100_000);
const lanes = Number(process.argv[3] ?? 5000);
const log = openLog('silent');
const HOUR = 3_600_000;
const UNIT = 500;
/** Ms between two probes, and for how long there are some at most. */
const PAUSE = 20;
const LONGEST = 120_000;
const OLD = 'owed since the last run';

/** A row of the backlog: the even lanes go to XMPP, the odd ones to the network. */
function row(store: Store, n: number): NewRow {
  const lane = n % lanes;
  const user = `u${1000 + lane}@${USERS}` as BareJid;
  const place = { kind: 'contact', account: accountKey(user, DOMAIN), id: `friend%${REALM}` } as const;
  const [inward, id] = [lane % 2 === 0, `owed-${n}`];
  const from = inward ? { kind: 'network', id: place.id } : { kind: 'xmpp', bare: user };
  const event = { id, at: Date.now(), place, from, live: true, kind: 'message', text: OLD, style: 'plain' };
  const origin = { stanza: 'message', from: `${user}/phone`, to: `${place.id}@${DOMAIN}`, type: 'chat', id };
  return {
    id: store.journal.nextId(),
    event: (inward ? `in ${id}` : `j-${id}.0`) as EventId,
    lane: `${inward ? 'in' : 'out'} contact ${place.account} ${place.id}`,
    account: place.account,
    key: null,
    body: JSON.stringify(inward ? { way: 'in', event, to: [{ jid: user }] } : { way: 'out', event }),
    origin: JSON.stringify(inward ? { place } : { origin, lead: true, group: `j-${id}`, parts: 1 }),
    state: 'ready',
    attempts: 0,
    notBefore: 0,
    expires: HOUR,
    at: Date.now(),
    charges: null,
  };
}

async function fill(url: string): Promise<void> {
  await using store = await openStore({ url, log, clock: systemClock });
  for (let n = 0; n < rows; n += UNIT) {
    const part = Array.from({ length: Math.min(UNIT, rows - n) }, (_, at) => row(store, n + at));
    await store.unit(part.map((one) => store.journal.add(one, 1)));
  }
}

type Probes = { readonly toIrc: number[]; readonly toXmpp: number[] };

/** New messages both ways between a user who is there and somebody on IRC, until the backlog towards XMPP is through. */
async function probe({ xmpp, irc }: World, old: { seen: number }): Promise<Probes> {
  const sent = new Map<string, number>();
  const took: Probes = { toIrc: [], toXmpp: [] };
  const arrived = (way: number[], name: string): void => {
    const at = sent.get(name);
    if (at !== undefined && sent.delete(name)) way.push(performance.now() - at);
  };
  irc.receive = (_client, _target, text) => arrived(took.toIrc, text);
  xmpp.receive = (stanza) => {
    if (stanza.includes(OLD)) old.seen++;
    else arrived(took.toXmpp, /<body>(in\d+)</.exec(stanza)?.[1] ?? '');
  };
  const began = performance.now();
  for (let n = 0; old.seen < rows / 2 && performance.now() - began < LONGEST; n++) {
    sent.set(`out${n}`, performance.now());
    sent.set(`in${n}`, performance.now());
    const to = `talker%${REALM}@${DOMAIN}`;
    xmpp.write(`<message from='${userJid(0)}' to='${to}' type='chat' id='p${n}'><body>out${n}</body></message>`);
    xmpp.flush();
    irc.clients.get('u0')?.write(`:talker!~u@host.example PRIVMSG u0 :in${n}`);
    irc.flush();
    await delay(PAUSE);
  }
  await delay(500);
  if (sent.size > 2) process.stdout.write(`${sent.size} new messages have not arrived\n`);
  return took;
}

const line = (name: string, times: number[]): string => {
  const sorted = times.sort((a, b) => a - b);
  const at = [0.5, 0.99, 1].map((part) => percentile(sorted, part).toFixed(1));
  return `${name}: ${sorted.length} messages, ms at p50 ${at[0]}, p99 ${at[1]}, most ${at[2]}\n`;
};

const dir = mkdtempSync(join(tmpdir(), 'isthmus-owed-'));
try {
  await using world = await openWorld(['echo-message']);
  const settings = config({ xmppPort: world.xmpp.port, ircPort: world.irc.port, dir });
  await fill(settings.store);
  process.stdout.write(`${rows} rows are owed, in ${lanes} lanes\n`);
  const checked = await configFrom(settings);
  const began = performance.now();
  const old = { seen: 0 };
  world.xmpp.receive = (stanza) => {
    if (stanza.includes(OLD)) old.seen++;
  };
  await using gateway = await startGateway(checked, { log, metrics: openMetrics() });
  await gateway.online();
  process.stdout.write(`online after ${(performance.now() - began).toFixed(0)} ms\n`);
  await world.join([{ user: 0, channel: '#c0' }], { watch: (stanza) => void (stanza.includes(OLD) && old.seen++) });
  const { toIrc, toXmpp } = await probe(world, old);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`backlog: ${old.seen} of ${rows / 2} are at XMPP after ${seconds.toFixed(1)} s\n`);
  process.stdout.write(line('new to IRC', toIrc) + line('new to XMPP', toXmpp));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
