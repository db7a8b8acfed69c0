import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { renderList } from '#src/process/cli/queue-text.ts';
import { eventually } from '../patience.ts';
import { PHONE, SMS, startFarWorld } from './far-world.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, heard, roomOf } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

type IrcClient = Awaited<ReturnType<typeof ircClient>>;
type FarName = 'prosody' | 'ejabberd24';
type World = Awaited<ReturnType<typeof startFarWorld>>;

const TEXTS = ['one', 'two', 'three', 'four', 'five'];
const LINES = ['first line', 'second line', 'third line'];
const ANSWER = 'by all means';
const LAST = 'and one more';
const ROOM = roomOf('#garden');
const MINUTE = 60_000;
const EARLY = { timeout: MINUTE, interval: 200 };

/**
 * Whether what lasts for minutes does so by the clock of the machine, with the servers' own time to connect (90 s): the
 * gateway's clock jumps as far otherwise. What the operator sees meanwhile is printed then.
 */
const REALLY = process.env.ISTHMUS_REAL_MINUTES === '1';
const isReal = (minutes = 1): boolean => REALLY && minutes > 1;

/** What befalls the server, how that ends, and for how many minutes of the gateway's time it lasts. */
type Fault = {
  readonly minutes?: number;
  begin(world: World): Promise<void> | void;
  end(world: World): Promise<void> | void;
};
const faults: Readonly<Record<string, Fault>> = {
  killed: { begin: ({ far }) => far.kill(), end: ({ far }) => far.restart() },
  stopped: { begin: ({ far }) => far.stop(), end: ({ far }) => far.restart() },
  'frozen for three minutes': {
    minutes: 3,
    begin: ({ far }) => far.freezeAndCut(),
    end: ({ far }) => far.thawAndMend(),
  },
  'refusing certificates': { begin: ({ far }) => far.trust(false), end: ({ far }) => far.trust(true) },
};

const listed = ({ gateway }: World) => gateway.operations['queue.list'].run({ max: 100 }, () => {});

/** As `isthmus queue list` has it. */
const owed = async (world: World) => (await listed(world)).entries;

/** How many rows wait, and how many are `taken`: those may come back. */
async function unended(world: World): Promise<number> {
  const { entries, states } = await listed(world);
  return entries.length + (states.taken ?? 0);
}

/** Prints what the operator sees, so many seconds after the beginning. */
async function print(world: World, began: number, what: string): Promise<void> {
  const { entries, states } = await listed(world);
  console.info(`${Math.round((performance.now() - began) / 1000)} s, ${what}\n${renderList(entries, states)}`);
}

/** What a server of IRC says of somebody who is away (RFC 2812 §5.1: RPL_AWAY). */
async function awayText(irc: IrcClient, nick: string): Promise<string | undefined> {
  irc.send(`WHOIS ${nick}`);
  let text: string | undefined;
  for (let line = await irc.next(isAboutAway, 'WHOIS'); ; line = await irc.next(isAboutAway, 'WHOIS')) {
    if (line.command === '318') return text;
    text = line.params[2];
  }
}

const isAboutAway = ({ command }: { readonly command: string }): boolean => command === '301' || command === '318';

/** Says that a message has come, as clients do (XEP-0184 §5.4). */
const confirm = (client: XmppClient, { attrs: { from, id } }: Element): Promise<void> =>
  client.send(xml('message', { to: from, type: 'chat' }, xml('received', { xmlns: 'urn:xmpp:receipts', id })));

/** The private messages that somebody has to get, in the order in which they come. */
async function texts(client: XmppClient, count: number, wanted: readonly string[] = TEXTS): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const stanza = await client.next(
      (one) => one.is('message') && one.attrs.type !== 'groupchat' && wanted.includes(one.getChildText('body') ?? ''),
      `text ${found.length + 1} of irene`,
    );
    found.push(stanza.getChildText('body') ?? '');
  }
  return found;
}

const BACK = { state: 'ready', why: 'failed: remote-server-timeout' };

/** Nothing is called delivered, nothing more goes out, and the operator sees why. Resolves with the steps that were taken. */
async function tried(world: World): Promise<number> {
  const all = await owed(world);
  expect(all).toHaveLength(TEXTS.length + 1);
  const back = all.filter(({ state, why }) => state === BACK.state && why === BACK.why);
  expect(back).not.toEqual([]);
  const traces = back.map(({ id }) => world.gateway.operations['queue.show'].run({ id }, () => {}));
  return Math.max(...(await Promise.all(traces)).map(({ trace }) => trace.length));
}

/** Lets so many minutes go by for the gateway. Being away is said once it has lasted one. */
async function jumps(world: World, minutes: number): Promise<void> {
  let steps = await eventually(() => tried(world), EARLY);
  for (let minute = 0; minute < minutes; minute++) {
    await world.later(61);
    const before = steps;
    steps = await eventually(async () => {
      const now = await tried(world);
      expect(now).toBeGreaterThan(before);
      return now;
    }, EARLY);
  }
}

/** Waits so many minutes, in which nothing ends. */
async function lasts(world: World, minutes: number): Promise<void> {
  const began = performance.now();
  // Beside what is for juliet there is her own text, of which the phone has not said that it has come.
  const all = TEXTS.length + 2;
  for (let half = 1; half <= 2 * minutes; half++) {
    await sleep(MINUTE / 2);
    await print(world, began, 'frozen');
    // Some may come back between two looks.
    await eventually(async () => expect(await unended(world)).toBe(all), EARLY);
  }
  expect(await owed(world)).toContainEqual(expect.objectContaining(BACK));
}

/** Users of another server that a fault befalls get what was for them, once and in order. */
async function arrive(far: FarName, { begin, end, minutes = 1 }: Fault): Promise<void> {
  const really = isReal(minutes);
  await using world = await startFarWorld({ far, limits: { linger: '1h' }, ...(really && { timeout: 90 }) });
  await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
  const before = await world.farUser('juliet');
  irc.send('JOIN #garden');
  await enter(before, ROOM, 'Juliet');
  irc.send('PRIVMSG Juliet :one');
  await confirm(before, await before.next((one) => one.getChildText('body') === 'one', 'the first text'));
  await before.send(xml('message', { to: `${PHONE}@${SMS}`, type: 'chat', id: 't1' }, xml('body', {}, 'Are you in?')));
  await world.texted('Are you in?');
  await begin(world);
  before.destroy();
  for (const text of TEXTS) irc.send(`PRIVMSG Juliet :${text}`);
  await world.answer(ANSWER);
  for (const line of LINES) irc.send(`PRIVMSG #garden :${line}`);
  await (really ? lasts(world, minutes) : jumps(world, minutes));
  await eventually(async () => expect(await awayText(irc, 'Juliet')).toBe('cannot be reached at the moment'), EARLY);
  await end(world);
  const ended = performance.now();
  await using juliet = await world.farUser('juliet', really ? 10 * MINUTE : undefined);
  const arriving = Promise.all([texts(juliet, TEXTS.length), texts(juliet, 1, [ANSWER])]);
  {
    await using _ = really ? undefined : await world.pulse(10);
    expect(await arriving).toEqual([TEXTS, [ANSWER]]);
  }
  if (really) await print(world, ended, 'after the end of it');
  await eventually(async () => expect(await owed(world)).toEqual([]), EARLY);
  // What comes next is new: nothing has come twice.
  irc.send(`PRIVMSG Juliet :${LAST}`);
  expect(await texts(juliet, 1, [...TEXTS, ANSWER, LAST])).toEqual([LAST]);
  await eventually(async () => expect(await awayText(irc, 'Juliet')).toBeUndefined(), EARLY);
  // What was said in the channel meanwhile is history, once.
  await enter(juliet, ROOM, 'Juliet');
  for (const line of LINES) expect(await heard(juliet, ROOM)).toBe(`irene: ${line}`);
}

for (const far of ['prosody', 'ejabberd24'] as const) {
  const needs = [...xmppServerKinds[far].needs, 'inspircd'] as const;
  describeReal(`messages to a user of ${far}, another server`, needs, () => {
    for (const [name, fault] of Object.entries(faults)) {
      const timeout = (isReal(fault.minutes) ? 20 : 4) * MINUTE;
      test(`arrive once and in order after it was ${name}`, { timeout }, () => arrive(far, fault));
    }

    test('that never arrive are told to who wrote them, once', async () => {
      await using world = await startFarWorld({ far, limits: { linger: '1h', expiry: { xmpp: '30s' } } });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      const juliet = await world.farUser('juliet');
      await enter(juliet, ROOM, 'Juliet');
      await world.far.kill();
      juliet.destroy();
      for (const text of TEXTS) irc.send(`PRIVMSG Juliet :${text}`);
      await eventually(async () => expect(await owed(world)).toHaveLength(TEXTS.length), EARLY);
      await world.later(40);
      const notice = await irc.next(({ command, nick }) => command === 'NOTICE' && nick === 'Juliet', 'the notice');
      expect(notice.params).toEqual(['irene', 'A message of yours could not be delivered to me.']);
      await eventually(async () => expect(await owed(world)).toEqual([]), EARLY);
      // A second one would have come before.
      irc.send('JOIN #garden');
      const next = await irc.next(
        ({ command, nick }) => (command === 'JOIN' && nick === 'irene') || (command === 'NOTICE' && nick === 'Juliet'),
        'irene in',
      );
      expect(next.command).toBe('JOIN');
    });
  });
}
