import { expect, test, vi } from 'vitest';
import { PHONE, SMS, startFarWorld } from './far-world.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, heard, roomOf } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

type IrcClient = Awaited<ReturnType<typeof ircClient>>;
type World = Awaited<ReturnType<typeof startFarWorld>>;

const TEXTS = ['one', 'two', 'three', 'four', 'five'];
const LINES = ['first line', 'second line', 'third line'];
const ANSWER = 'by all means';
const ROOM = roomOf('#garden');
const EARLY = { timeout: 60_000, interval: 200 };

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

/** As `isthmus queue list` has it. */
const owed = async ({ gateway }: World) => (await gateway.operations['queue.list'].run({ max: 100 }, () => {})).entries;

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

for (const far of ['prosody', 'ejabberd24'] as const) {
  const needs = [...xmppServerKinds[far].needs, 'inspircd'] as const;
  describeReal(`messages to a user of ${far}, another server`, needs, () => {
    for (const [name, { begin, end, minutes = 1 }] of Object.entries(faults)) {
      test(`arrive once and in order after it was ${name}`, async () => {
        await using world = await startFarWorld({ far, limits: { linger: '1h' } });
        await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
        const before = await world.farUser('juliet');
        irc.send('JOIN #garden');
        await enter(before, ROOM, 'Juliet');
        irc.send('PRIVMSG Juliet :one');
        await confirm(before, await before.next((one) => one.getChildText('body') === 'one', 'the first text'));
        await before.send(
          xml('message', { to: `${PHONE}@${SMS}`, type: 'chat', id: 't1' }, xml('body', {}, 'Are you in?')),
        );
        await world.texted('Are you in?');
        await begin(world);
        before.destroy();
        for (const text of TEXTS) irc.send(`PRIVMSG Juliet :${text}`);
        await world.answer(ANSWER);
        for (const line of LINES) irc.send(`PRIVMSG #garden :${line}`);
        // Nothing is called delivered, nothing more goes out, and the operator sees why.
        const tried = async (): Promise<number> => {
          const all = await owed(world);
          expect(all).toHaveLength(TEXTS.length + 1);
          const back = all.filter(({ state, why }) => state === 'ready' && why === 'failed: remote-server-timeout');
          expect(back).not.toEqual([]);
          const traces = back.map(({ id }) => world.gateway.operations['queue.show'].run({ id }, () => {}));
          return Math.max(...(await Promise.all(traces)).map(({ trace }) => trace.length));
        };
        let steps = await vi.waitFor(tried, EARLY);
        // Being away is said once it has lasted a minute.
        for (let minute = 0; minute < minutes; minute++) {
          world.jump(61);
          const before = steps;
          steps = await vi.waitFor(async () => {
            const now = await tried();
            expect(now).toBeGreaterThan(before);
            return now;
          }, EARLY);
        }
        await vi.waitFor(
          async () => expect(await awayText(irc, 'Juliet')).toBe('cannot be reached at the moment'),
          EARLY,
        );
        await end(world);
        await using juliet = await world.farUser('juliet');
        const arriving = Promise.all([texts(juliet, TEXTS.length), texts(juliet, 1, [ANSWER])]);
        const pulse = setInterval(() => world.jump(10), 1000);
        try {
          expect(await arriving).toEqual([TEXTS, [ANSWER]]);
        } finally {
          clearInterval(pulse);
        }
        await juliet.barrier();
        await vi.waitFor(async () => expect(await owed(world)).toEqual([]), EARLY);
        await vi.waitFor(async () => expect(await awayText(irc, 'Juliet')).toBeUndefined(), EARLY);
        // What was said in the channel meanwhile is history, once.
        await enter(juliet, ROOM, 'Juliet');
        for (const line of LINES) expect(await heard(juliet, ROOM)).toBe(`irene: ${line}`);
      });
    }

    test('that never arrive are told to who wrote them, once', async () => {
      await using world = await startFarWorld({ far, limits: { linger: '1h', expiry: { xmpp: '30s' } } });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      const juliet = await world.farUser('juliet');
      await enter(juliet, ROOM, 'Juliet');
      await world.far.kill();
      juliet.destroy();
      for (const text of TEXTS) irc.send(`PRIVMSG Juliet :${text}`);
      await vi.waitFor(async () => expect(await owed(world)).toHaveLength(TEXTS.length), EARLY);
      world.jump(40);
      const notice = await irc.next(({ command, nick }) => command === 'NOTICE' && nick === 'Juliet', 'the notice');
      expect(notice.params).toEqual(['irene', 'A message of yours could not be delivered to me.']);
      await vi.waitFor(async () => expect(await owed(world)).toEqual([]), EARLY);
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
