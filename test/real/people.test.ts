import { expect, test } from 'vitest';
import { account, contact, event, key, REALM, type Rig, rig } from '../bridges/irc/harness.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, type IrcServerName, ircds, roomOf, startWorld } from './world.ts';

const NET = 'net@irc.localhost';
const ITEMS = 'http://jabber.org/protocol/disco#items';

const shown = (gw: Rig, show: string): Promise<void> =>
  gw.when(() => gw.drafts.findLast((one) => one.kind === 'presence')?.show === show);

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
  describeReal(`people on ${ircd}`, ['prosody', ircd], () => {
    test('people are watched, and are told when we are away', async () => {
      await using server = await ircds[ircd]();
      await using gw = await rig({ port: server.ports.plain });
      const session = await gw.bridge.connect(key('romeo'), { nick: 'romeo' }, new AbortController().signal);
      const subscribe = { kind: 'contact', action: 'subscribe' } as const;
      gw.bridge.deliver(event('romeo', contact('romeo', 'irene'), subscribe), session);
      await shown(gw, 'offline');
      const irc = await ircClient({ port: server.ports.plain, nick: 'Irene' });
      await irc.barrier();
      // The next round, where the server does not tell by itself.
      gw.clock.advance(60_000);
      await shown(gw, 'available');

      const realm = { kind: 'realm', account: account('romeo'), realm: REALM } as const;
      gw.bridge.deliver(event('romeo', realm, { kind: 'presence', show: 'away' }), session);
      await gw.bridge.ask({ kind: 'ping', realm: REALM }, session);
      gw.clock.advance(60_000);
      await gw.bridge.ask({ kind: 'ping', realm: REALM }, session);
      irc.send('WHOIS romeo');
      const away = await irc.next(({ command }) => command === '301', 'that romeo is away');
      expect(away.params.at(-1)).toBe('Away');

      await irc[Symbol.asyncDispose]();
      await gw.bridge.ask({ kind: 'ping', realm: REALM }, session);
      gw.clock.advance(60_000);
      await shown(gw, 'offline');
    });

    test('a line to the server is answered by it', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      await irc.barrier();
      await using alice = await world.login('alice');
      await enter(alice, roomOf('#garden'), 'Alice');
      await alice.send(xml('message', { to: NET, type: 'chat', id: 'w1' }, xml('body', {}, 'WHOIS irene')));
      await alice.next(
        (one) => one.attrs.from === NET && /irene .*\/?whois/i.test(one.getChildText('body') ?? ''),
        'the end of WHOIS',
      );
      // What comes with every join is an answer, too, once it is asked for.
      for (const [line, answer] of [
        ['MODE #garden', /^#garden \+/],
        ['/NAMES #garden', /^. #garden .*Alice/],
        ['/names #garden', /^#garden .*names/i],
        ['TOPIC #garden', /^#garden .*topic/i],
      ] as const) {
        await alice.send(xml('message', { to: NET, type: 'chat' }, xml('body', {}, line)));
        await alice.next((one) => one.attrs.from === NET && answer.test(one.getChildText('body') ?? ''), line);
      }
    });

    test('a nick in use is another one, and is got back', async () => {
      await using world = await startWorld({ ircd });
      const irc = await ircClient({ port: world.ircd.ports.plain, nick: 'Alice' });
      await irc.barrier();
      await using alice = await world.login('alice');
      const self = await enter(alice, roomOf('#garden'), 'Alice');
      expect(self.attrs.from).toBe(`${roomOf('#garden')}/Alice_`);
      const codes = self
        .getChild('x')
        ?.getChildren('status')
        .map(({ attrs }) => attrs.code);
      expect(codes).toContain('210');
      await alice.send(
        xml(
          'iq',
          { to: `${roomOf('#garden')}/Alice_`, type: 'get', id: 'p1' },
          xml('ping', { xmlns: 'urn:xmpp:ping' }),
        ),
      );
      await alice.next((one) => one.attrs.id === 'p1' && one.attrs.type === 'result', 'the answer to a ping');
      await irc[Symbol.asyncDispose]();
      if (ircd === 'inspircd') {
        await alice.next((one) => one.is('presence') && one.attrs.from === `${roomOf('#garden')}/Alice`, 'the nick');
      }
    });

    test('channels are listed, and people answer for themselves', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #kitchen');
      await irc.barrier();
      await using alice = await world.login('alice');
      await enter(alice, roomOf('#garden'), 'Alice');
      await alice.send(xml('iq', { to: NET, type: 'get', id: 'l1' }, xml('query', { xmlns: ITEMS })));
      const list = await alice.next((one) => one.attrs.id === 'l1', 'the list');
      const names = list
        .getChild('query')
        ?.getChildren('item')
        .map(({ attrs }) => attrs.name);
      expect(names).toEqual(expect.arrayContaining(['#garden (1)', '#kitchen (1)']));

      await alice.send(
        xml('iq', { to: `irene%${NET}`, type: 'get', id: 'v1' }, xml('query', { xmlns: 'jabber:iq:version' })),
      );
      await irc.next(
        ({ command, params }) => command === 'PRIVMSG' && params[1] === '\u0001VERSION\u0001',
        'the question',
      );
      irc.send('NOTICE Alice :\u0001VERSION Kettle 1.0\u0001');
      const version = await alice.next((one) => one.attrs.id === 'v1', 'the version');
      expect(version.getChild('query')?.getChildText('name')).toBe('Kettle');

      await alice.send(
        xml('iq', { to: `nobody%${NET}`, type: 'get', id: 'c1' }, xml('vCard', { xmlns: 'vcard-temp' })),
      );
      const missing = await alice.next((one) => one.attrs.id === 'c1', 'no card');
      expect(missing.getChild('error')?.getChild('item-not-found')).toBeDefined();
    });
  });
}
