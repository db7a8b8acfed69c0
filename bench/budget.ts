// node bench/budget.ts: microseconds a message for each step of our own code, in loops within one process.

import framework from 'irc-framework';
import type { Element } from 'ltx';
import { addresses as ircAddresses } from '#bridges/irc/addresses.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { decode as decodeLine } from '#bridges/irc/wire/decode.ts';
import { encode as encodeLine } from '#bridges/irc/wire/encode.ts';
import { Encodings } from '#bridges/irc/wire/encodings.ts';
import { defaultIsupport } from '#bridges/irc/wire/isupport.ts';
import { LineReader } from '#bridges/irc/wire/line-reader.ts';
import { foldName } from '#bridges/irc/wire/names.ts';
import { degrade } from '#mappings/degrade.ts';
import { irc as mapping } from '#mappings/irc.ts';
import { outward } from '#mappings/targets.ts';
import { openIdentities } from '#src/core/identities.ts';
import { openStandings } from '#src/core/standing.ts';
import type { Event } from '#src/model/event.ts';
import { accountKey, type BareJid, newEventId } from '#src/model/ids.ts';
import { decode as decodeStanza } from '#src/xmpp/stanza/decode.ts';
import { encode as encodeStanza } from '#src/xmpp/stanza/encode.ts';
import { viewOf } from '#src/xmpp/stanza/target.ts';
import { createReader } from '#src/xmpp/stream/reader.ts';
import { createWriter } from '#src/xmpp/stream/writer.ts';
import { plainTransport } from '../test/transports.ts';
import { openBareCore } from './budget-core.ts';
import { DOMAIN, REALM, USERS, userJid } from './load/world.ts';
import { line, stanza } from './scenarios/texts.ts';

const LOOPS = 50_000;
const ROUNDS = 9;

const addresses = ircAddresses(null);
const transport = plainTransport({ domain: DOMAIN, mapping, addresses, history: { record: true, replay: 0 } });
const standings = openStandings({
  identities: openIdentities({
    store: { credentials: { accounts: async () => [] } },
    transports: new Map([[DOMAIN, transport]]),
  }),
  aliases: { address: () => undefined },
  sessions: { get: () => undefined, state: () => ({ name: 'idle' }) },
  transport: () => transport,
  realm: () => REALM,
});
const xmppView = viewOf({
  transport,
  standing: standings.at,
  addressOf: () => undefined,
  nickOf: () => 'u0',
  occupants: () => [],
});
const target = outward(mapping);
await using stack = new AsyncDisposableStack();
const ircView: ServerView = {
  transport: DOMAIN,
  account: accountKey(`u0@${USERS}` as BareJid, DOMAIN),
  realm: REALM,
  addresses,
  nick: 'u0',
  mask: '~u@host.example',
  isupport: defaultIsupport,
  caps: new Map(),
  clockOffset: 0,
  now: () => 0,
  ours: () => undefined,
  room: () => undefined,
  fold: foldName,
  id: foldName,
  spelled: (name) => name,
  knows: () => true,
  isPrimary: () => true,
};

const HEADER = `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' from='${DOMAIN}' id='1'>`;
const stanzaText = stanza(0, '#c0', 12345);
const stanzaBytes = Buffer.from(stanzaText.repeat(20));
const lineText = line('#c0', 12345);
const lineBytes = Buffer.from(`${lineText}\r\n`.repeat(20));

/** One stanza as the reader gives it. */
function readOne(): Element {
  let found: Element | undefined;
  const reader = createReader({ ...nothing, stanza: (one) => (found = one) });
  reader.write(Buffer.from(HEADER + stanzaText));
  if (!found) throw new Error('the reader gave no stanza');
  return found;
}

const nothing = {
  start: () => undefined,
  stanza: (_: Element): unknown => undefined,
  nonza: () => undefined,
  oversize: () => undefined,
  end: () => undefined,
};

const eventOf = (draft: object): Event => ({ ...draft, id: newEventId(), at: 1, live: true }) as Event;

/** The steps: what is done once, and how many messages that is. */
async function steps(): Promise<{ readonly title: string; readonly each: number; run(): unknown }[]> {
  const reader = createReader(nothing);
  reader.write(Buffer.from(HEADER));
  const element = readOne();
  const draft = decodeStanza(element, xmppView);
  if (draft?.kind !== 'message') throw new Error('the stanza is no message');
  const outgoing = eventOf(draft);
  const lines = new LineReader(new Encodings({ in: 'windows-1252', out: '' }, (name) => name));
  const parsed = framework.ircLineParser(lineText);
  const [said] = decodeLine(parsed, ircView);
  if (!said) throw new Error('the line is no message');
  const incoming = eventOf(said);
  const to = [{ jid: userJid(0), nick: 'u0' }];
  const [sending] = encodeStanza(incoming, to, addresses) ?? [];
  if (!sending) throw new Error('the event is no stanza');
  const head = { from: sending.from, type: sending.type, id: sending.id };
  const everybody = Array.from({ length: 100 }, (_, user) => userJid(user));
  const sink = () => createWriter({ domain: DOMAIN, limits: { stanza: 65_536, iq: 65_536, high: 2e9, cap: 2e9 } });
  let delivered = 0;
  const core = stack.use(await openBareCore(addresses, () => delivered++));
  core.accept(draft);
  core.emit([said]);
  if (delivered < 2) throw new Error('the core delivers nothing');
  let writer = sink();
  let written = 0;
  /** The queue of a writer without a socket only grows: a new one now and then. */
  const fresh = (count: number) => {
    written += count;
    if (written > 50_000) [writer, written] = [sink(), count];
    return writer;
  };
  return [
    { title: 'XMPP: read a stanza (bytes to element)', each: 20, run: () => reader.write(stanzaBytes) },
    { title: 'XMPP: decode it (element to draft)', each: 1, run: () => decodeStanza(element, xmppView) },
    { title: 'degrade it (draft to pieces)', each: 1, run: () => degrade(draft, target) },
    { title: 'core: accept, degrade, hand over, settle, reflect', each: 1, run: () => core.accept(draft) },
    { title: 'IRC: encode it (event to line)', each: 1, run: () => encodeLine(outgoing, ircView) },
    { title: 'IRC: cut bytes into lines', each: 20, run: () => lines.push(lineBytes, () => undefined) },
    { title: 'IRC: parse a line', each: 1, run: () => framework.ircLineParser(lineText) },
    { title: 'IRC: decode it (line to draft)', each: 1, run: () => decodeLine(parsed, ircView) },
    { title: 'core: accept and hand to the room', each: 1, run: () => core.emit([said]) },
    { title: 'XMPP: encode it (event to stanza parts)', each: 1, run: () => encodeStanza(incoming, to, addresses) },
    {
      title: 'XMPP: write it (escape and queue)',
      each: 1,
      run: () => fresh(1).stanza('message', { ...head, to: userJid(0) }, ...sending.children),
    },
    {
      title: 'XMPP: write it to 100, each',
      each: 100,
      run: () => fresh(100).fanOut('message', head, everybody, ...sending.children),
    },
  ];
}

/** Microseconds of this thread's CPU a message: the least of the rounds, which others on the machine have disturbed the least. */
function cost(run: () => unknown, each: number): number {
  const loops = Math.ceil(LOOPS / each);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.threadCpuUsage();
    for (let loop = 0; loop < loops; loop++) run();
    const { user, system } = process.threadCpuUsage(before);
    if (round > 0) least = Math.min(least, (user + system) / (loops * each));
  }
  return least;
}

console.log('| step | µs |\n| --- | --- |');
for (const { title, each, run } of await steps()) console.log(`| ${title} | ${cost(run, each).toFixed(2)} |`);
// What is open in the core would go on.
process.exit();
