import { expect, test, vi } from 'vitest';
import { startFarWorld } from './far-world.ts';
import { describeReal, ircClient } from './servers.ts';
import { enter, roomOf } from './world.ts';
import type { XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

type IrcClient = Awaited<ReturnType<typeof ircClient>>;
type World = Awaited<ReturnType<typeof startFarWorld>>;

const TEXTS = ['one', 'two', 'three', 'four', 'five'];
const EARLY = { timeout: 60_000, interval: 200 };

/** What befalls the server, and how that ends. */
const faults: Readonly<
  Record<string, { begin(world: World): Promise<void> | void; end(world: World): Promise<void> | void }>
> = {
  killed: { begin: ({ far }) => far.kill(), end: ({ far }) => far.restart() },
  stopped: { begin: ({ far }) => far.stop(), end: ({ far }) => far.restart() },
  frozen: { begin: ({ far }) => far.freezeAndCut(), end: ({ far }) => far.thawAndMend() },
  'refusing certificates': { begin: ({ far }) => far.trust(false), end: ({ far }) => far.trust(true) },
};

const owed = async ({ gateway }: World): Promise<readonly { readonly state: string }[]> =>
  (await gateway.operations['queue.list'].run({ max: 100 }, () => {})).entries;

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

/** The texts that somebody has to get, in the order in which they come; each once. */
async function texts(client: XmppClient, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const stanza = await client.next(
      (one) => one.is('message') && one.attrs.type !== 'groupchat' && TEXTS.includes(one.getChildText('body') ?? ''),
      `text ${found.length + 1} of irene`,
    );
    found.push(stanza.getChildText('body') ?? '');
  }
  return found;
}

for (const far of ['prosody', 'ejabberd24'] as const) {
  const needs = [...xmppServerKinds[far].needs, 'inspircd'] as const;
  describeReal(`messages to a user of ${far}, another server`, needs, () => {
    for (const [name, { begin, end }] of Object.entries(faults)) {
      test(`arrive once and in order after it was ${name}`, async () => {
        await using world = await startFarWorld({ far, limits: { linger: '1h' } });
        await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
        const before = await world.farUser('juliet');
        await enter(before, roomOf('#garden'), 'Juliet');
        irc.send('PRIVMSG Juliet :one');
        expect(await texts(before, 1)).toEqual(['one']);
        await begin(world);
        before.destroy();
        for (const text of TEXTS) irc.send(`PRIVMSG Juliet :${text}`);
        // Nothing is called delivered, and nothing more goes out.
        const waiting = async (): Promise<string[]> => (await owed(world)).map(({ state }) => state);
        await vi.waitFor(async () => expect(await waiting()).toHaveLength(TEXTS.length), EARLY);
        // Being away is said once it has lasted a minute.
        world.jump(61);
        await vi.waitFor(
          async () => expect(await awayText(irc, 'Juliet')).toBe('cannot be reached at the moment'),
          EARLY,
        );
        await end(world);
        await using juliet = await world.farUser('juliet');
        const arriving = texts(juliet, TEXTS.length);
        const pulse = setInterval(() => world.jump(10), 1000);
        try {
          expect(await arriving).toEqual(TEXTS);
        } finally {
          clearInterval(pulse);
        }
        await juliet.barrier();
        await vi.waitFor(async () => expect(await owed(world)).toEqual([]), EARLY);
        await vi.waitFor(async () => expect(await awayText(irc, 'Juliet')).toBeUndefined(), EARLY);
      });
    }

    test('that never arrive are told to who wrote them, once', async () => {
      await using world = await startFarWorld({ far, limits: { linger: '1h', expiry: { xmpp: '30s' } } });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      const juliet = await world.farUser('juliet');
      await enter(juliet, roomOf('#garden'), 'Juliet');
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
