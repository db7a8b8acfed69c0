import { expect, test } from 'vitest';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, type IrcServerName, roomOf, startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const GATEWAY = 'irc.localhost';
const NET = `net@${GATEWAY}`;
const IRENE = `irene%${NET}`;
const REGISTER = 'jabber:iq:register';
const ROSTER = 'jabber:iq:roster';

type Subscription = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

const presence = (client: XmppClient, to: string, type: Subscription): Promise<void> =>
  client.send(xml('presence', { to, type }));

/** The next presence of somebody that is `type`, and shows `show` where that is given. */
const seen = (client: XmppClient, from: string, type: string | undefined, show?: string): Promise<Element> =>
  client.next(
    (one) =>
      one.is('presence') &&
      one.attrs.from?.split('/')[0] === from &&
      one.attrs.type === type &&
      (show === undefined || one.getChildText('show') === show),
    `presence of ${from}: ${type ?? 'available'} ${show ?? ''}`,
  );

const tell = (client: XmppClient, to: string, body: string): Promise<void> =>
  client.send(xml('message', { to, type: 'chat' }, xml('body', {}, body)));

/** Registers, and lets the gateway in as every client does. */
async function register(alice: XmppClient): Promise<void> {
  // RFC 6121 §3.1.6: only who has asked for the roster hears that a request was granted.
  await roster(alice);
  const answer = await alice.ask(xml('iq', { type: 'set', to: GATEWAY }, xml('query', { xmlns: REGISTER })));
  expect(answer.attrs.type).toBe('result');
  await seen(alice, GATEWAY, 'subscribe');
  await presence(alice, GATEWAY, 'subscribed');
  await presence(alice, GATEWAY, 'subscribe');
  await seen(alice, GATEWAY, 'subscribed');
}

async function subscribe(alice: XmppClient, to: string): Promise<void> {
  await presence(alice, to, 'subscribe');
  await seen(alice, to, 'subscribed');
  await seen(alice, to, 'subscribe');
  await presence(alice, to, 'subscribed');
}

/** What the server keeps: who is on the roster, and how. */
async function roster(client: XmppClient): Promise<Readonly<Record<string, string>>> {
  const answer = await client.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: ROSTER })));
  const items = answer.getChild('query')?.getChildren('item') ?? [];
  return Object.fromEntries(items.map(({ attrs }) => [attrs.jid ?? '', attrs.subscription ?? '']));
}

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
  describeReal(`contacts on ${ircd}`, ['prosody', ircd], () => {
    test('a person of IRC is a contact like any other, from the request to the end of the registration', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      await irc.barrier();
      await using alice = await world.login('alice', 'phone');
      await register(alice);
      await subscribe(alice, IRENE);
      await seen(alice, IRENE, undefined);
      expect(await roster(alice)).toEqual({ [GATEWAY]: 'both', [IRENE]: 'both' });

      // A second client is shown what holds.
      await using desk = await world.login('alice', 'desk');
      await seen(desk, IRENE, undefined);

      // Whoever is away says so in an answer to a message. Irene has come long enough ago for it to be shown at once.
      await world.later(31, alice);
      irc.send('AWAY :in the garden');
      await irc.barrier();
      await desk.send(xml('message', { to: IRENE, type: 'chat' }, xml('body', {}, 'are you there?')));
      for (const client of [alice, desk]) {
        const away = await seen(client, IRENE, undefined, 'away');
        expect(away.getChildText('status')).toBe('in the garden');
      }

      await presence(alice, IRENE, 'unsubscribe');
      await presence(alice, IRENE, 'unsubscribed');
      await seen(alice, IRENE, 'unavailable');
      await alice.barrier();
      expect(await roster(alice)).toMatchObject({ [GATEWAY]: 'both', [IRENE]: 'none' });

      await subscribe(alice, IRENE);
      const gone = await alice.ask(
        xml('iq', { type: 'set', to: GATEWAY }, xml('query', { xmlns: REGISTER }, xml('remove'))),
      );
      expect(gone.attrs.type).toBe('result');
      for (const jid of [GATEWAY, IRENE]) await seen(alice, jid, 'unsubscribed');
      await alice.barrier();
      expect(await roster(alice)).toEqual({ [GATEWAY]: 'none', [IRENE]: 'none' });
    });
  });
}

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
  describeReal(`contacts that are watched on ${ircd}`, ['prosody', ircd], () => {
    test('come and go as they do on IRC, which hears in turn of a user who is away', async () => {
      await using world = await startWorld({ ircd });
      // A server without MONITOR is asked once a minute.
      const round = (): Promise<void> => (ircd === 'ngircd' ? world.later(61, alice) : Promise.resolve());
      await using alice = await world.login('alice', 'phone');
      await register(alice);
      await subscribe(alice, IRENE);
      await seen(alice, IRENE, 'unavailable');
      const irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      await irc.barrier();
      await round();
      await seen(alice, IRENE, undefined);

      await alice.send(xml('presence', {}, xml('show', {}, 'away')));
      // What comes behind it has arrived: the gateway knows of it, and its minute runs.
      await tell(alice, NET, 'PRIVMSG irene :farewell');
      await irc.next(({ command }) => command === 'PRIVMSG', 'what alice says before that');
      await world.later(61, alice);
      await tell(alice, NET, 'PRIVMSG irene :knock');
      await irc.next(({ command }) => command === 'PRIVMSG', 'what alice says after that');
      irc.send('WHOIS alice');
      await irc.next(({ command }) => command === '301', 'that alice is away');
      await alice.send(xml('presence'));
      await alice.barrier();
      await tell(alice, NET, 'PRIVMSG irene :knock');
      await irc.next(({ command }) => command === 'PRIVMSG', 'what alice says after that');
      irc.send('WHOIS alice');
      const back = await irc.next(({ command }) => command === '301' || command === '318', 'the end of WHOIS');
      expect(back.command).toBe('318');

      await irc[Symbol.asyncDispose]();
      await round();
      await seen(alice, IRENE, 'unavailable');
    });
  });
}

describeReal('contacts that are watched', ['prosody', 'inspircd'], () => {
  test('are on IRC while one of the user is there', async () => {
    await using world = await startWorld({ ircd: 'inspircd' });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('MONITOR + alice');
    const alice = await world.login('alice', 'phone');
    await register(alice);
    await subscribe(alice, IRENE);
    await irc.next(({ command }) => command === '730', 'that alice is there');
    await alice[Symbol.asyncDispose]();
    await irc.next(({ command }) => command === '731', 'that alice is gone');
    await using back = await world.login('alice', 'phone');
    await seen(back, IRENE, undefined);
    const self = await enter(back, roomOf('#garden'), 'Alice');
    expect(self.attrs.type).toBeUndefined();
  });
});
