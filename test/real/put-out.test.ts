import { expect, test } from 'vitest';
import { startHybrid } from './hybrid.ts';
import { startIrc2 } from './irc2.ts';
import { startRelay } from './relay.ts';
import { describeReal, ircClient, startInspircd, startNgircd, xml, xmppClient } from './servers.ts';
import { enter, heard, type IrcServerName, roomOf, say, startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const room = roomOf('#garden');
const NET = 'net@irc.localhost';
/** Seconds after which a server that has banned somebody is tried again. */
const KEPT_OUT = 60;

/** A server where boss is an operator by the password pw, and how somebody is banned by the beginning of their user name. */
type Kind = {
  readonly start: () => ReturnType<typeof startNgircd>;
  ban(user: string): string;
  unban(user: string): string;
};

const kinds: Readonly<Record<IrcServerName, Kind>> = {
  inspircd: {
    start: () =>
      startInspircd({
        extra: `<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="boss" classes="all"><oper name="boss" password="pw" host="*@*" type="boss">`,
      }),
    ban: (user) => `KLINE ${user}*@127.0.0.1 1h :no gateways here`,
    unban: (user) => `KLINE ${user}*@127.0.0.1`,
  },
  ngircd: {
    start: () => startNgircd({ extra: '[Operator]\nName = boss\nPassword = pw' }),
    ban: (user) => `KLINE *!~${user}*@* 3600 :no gateways here`,
    unban: (user) => `KLINE *!~${user}*@*`,
  },
  hybrid: {
    start: () =>
      startHybrid({
        bannable: true,
        extra: `class { name = "opers"; number_per_ip_local = 1000; max_number = 100; sendq = 1 megabytes; };
operator { name = "boss"; user = "*@*"; password = "pw"; encrypted = no; class = "opers"; flags = kline, unkline, kill; };`,
      }),
    ban: (user) => `KLINE 10 *${user}*@127.0.0.1 :no gateways here`,
    unban: (user) => `UNKLINE *${user}*@127.0.0.1`,
  },
  irc2: {
    start: () => startIrc2({ extra: 'O%*@127.0.0.1%abzlUXK5ed5rs%boss%%1%A%\n' }),
    ban: (user) => `TKLINE 1h *${user}*@127.0.0.1 :no gateways here`,
    unban: (user) => `UNTKLINE *${user}*@127.0.0.1`,
  },
};

const told = (client: XmppClient, what: string, words: string): Promise<Element> =>
  client.next((one) => {
    const text = one.attrs.from === NET ? one.getChildText('body') : undefined;
    return (text?.startsWith(what) && text.includes(words)) ?? false;
  }, `${what} ... ${words}`);

const comes = ({ command, nick }: { command: string; nick: string }): boolean => command === 'JOIN' && nick === 'Alice';

/** A world where one may be an operator, with a relay that counts how often the server is asked. */
async function startRealm(ircd: IrcServerName) {
  await using stack = new AsyncDisposableStack();
  const relay = stack.use(await startRelay());
  const world = stack.use(
    await startWorld({
      ircd: kinds[ircd].start,
      // The gateway's time goes faster than the server.
      irc: { connect_timeout: '600s' },
      via: async ({ component, irc }) => {
        relay.target = irc;
        return { component, irc: relay.port };
      },
    }),
  );
  const boss = stack.use(await ircClient({ port: world.ircd.ports.plain, nick: 'boss' }));
  boss.send('OPER boss pw');
  await boss.next(({ command }) => command === '381', 'the operator');
  boss.send('JOIN #garden');
  await boss.barrier();
  const resources = stack.move();
  return { world, relay, boss, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const) {
  describeReal(`who is put out of ${ircd}`, ['prosody', ircd], () => {
    test('by a ban hears why, is not let in again and again, and is back once it is lifted', async () => {
      await using realm = await startRealm(ircd);
      const { world, relay, boss } = realm;
      const lost: string[] = [];
      await using alice = await xmppClient({
        port: world.xmpp.ports.c2s,
        user: 'alice',
        password: 'pw',
        heard: (one) => {
          const text = one.attrs.from === NET ? one.getChildText('body') : undefined;
          if (text?.startsWith('Connection lost') || text?.startsWith('Connection failed')) lost.push(text);
        },
      });
      await alice.send(xml('presence'));
      await enter(alice, room, 'Alice');
      await told(alice, 'Connected to', '');
      await boss.next(comes, 'alice');
      boss.send(kinds[ircd].ban('alice'));
      await told(alice, 'Connection lost', 'no gateways here');
      const before = relay.opened;
      // What is said meanwhile does not wait.
      await say(alice, room, 'are you there', 'm1');
      const refused = await alice.next((one) => one.attrs.id === 'm1' && one.attrs.type === 'error', 'the refusal');
      expect(refused.getChild('error')?.attrs.type).not.toBe('wait');
      expect(refused.getChild('error')?.getChildText('text')).toContain('no gateways here');
      await world.later(KEPT_OUT - 5, alice, boss);
      expect(relay.opened).toBe(before);
      await world.later(10, alice, boss);
      // Not every server says again why.
      await told(alice, 'Connection failed', '');
      expect(relay.opened).toBe(before + 1);
      await world.later(KEPT_OUT, alice, boss);
      expect([relay.opened, lost.length]).toEqual([before + 1, 2]);

      boss.send(kinds[ircd].unban('alice'));
      await boss.barrier();
      await world.later(2 * KEPT_OUT, alice, boss);
      await told(alice, 'Connected to', '');
      await boss.next(comes, 'alice again');
      boss.send('PRIVMSG #garden :welcome back');
      expect(await heard(alice, room)).toBe('boss: welcome back');
    });

    test('by a kill is back at once, under another nick while somebody has theirs', async () => {
      await using realm = await startRealm(ircd);
      const { world, boss } = realm;
      await using alice = await world.login('alice');
      await enter(alice, room, 'Alice');
      await told(alice, 'Connected to', '');
      boss.send('KILL Alice :out with you');
      boss.send('NICK Alice');
      await told(alice, 'Connection lost', 'out with you');
      await told(alice, 'Connected to', '');
      const nick = await alice.next(
        (one) => one.is('presence') && one.attrs.from === `${room}/Alice_`,
        'alice under another nick',
      );
      expect(nick.attrs.type).toBeUndefined();
      boss.send('NICK boss');
      await boss.barrier();
      await world.later(61, alice, boss);
      await alice.next(
        (one) =>
          one.is('presence') &&
          one.attrs.from === `${room}/Alice` &&
          (one.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChildren('status') ?? []).some(
            ({ attrs }) => attrs.code === '110',
          ),
        'alice under her own',
      );
    });

    test('because it does not answer any more is back once it does', async () => {
      await using world = await startWorld({ ircd });
      await using alice = await world.login('alice');
      await enter(alice, room, 'Alice');
      await told(alice, 'Connected to', '');
      process.kill(world.ircd.pid(), 'SIGSTOP');
      await world.later(125, alice);
      await told(alice, 'Connection lost', 'does not answer');
      process.kill(world.ircd.pid(), 'SIGCONT');
      await told(alice, 'Connected to', '');
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      await alice.next((one) => one.attrs.from === `${room}/irene`, 'irene');
      irc.send('PRIVMSG #garden :hello again');
      expect(await heard(alice, room)).toBe('irene: hello again');
    });
  });
}
