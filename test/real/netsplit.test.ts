import { expect, test } from 'vitest';
import { startHybrid } from './hybrid.ts';
import { startRelay } from './relay.ts';
import { describeReal, ircClient, startNgircd } from './servers.ts';
import { enter, heard, roomOf, say, startWorld } from './world.ts';
import type { XmppClient } from './xmpp.ts';

const room = roomOf('#garden');
const SERVER = 'net@irc.localhost';

const seen = (client: XmppClient, nick: string, type?: string) =>
  client.next(
    (one) => one.is('presence') && one.attrs.from === `${room}/${nick}` && one.attrs.type === type,
    `${nick} ${type ?? 'there'}`,
  );

/** What a server is told of another with which it makes a network. */
const linked = (name: string, port?: number): string => `[Server]
Name = ${name}
MyPassword = linked
PeerPassword = linked
${port === undefined ? 'Passive = yes' : `Host = 127.0.0.1\nPort = ${port}\nBind = 127.0.0.1`}
`;

describeReal('a network of two ngIRCd', ['prosody', 'ngircd'], () => {
  test('splits: who was on the other server is gone after a while, and there again once it is whole', async () => {
    await using relay = await startRelay();
    await using far = await startNgircd({ serverName: 'far.test', extra: linked('near.test') });
    relay.target = far.ports.plain;
    await using world = await startWorld({
      ircd: () =>
        startNgircd({ serverName: 'near.test', extra: `${linked('far.test', relay.port)}[Limits]\nConnectRetry = 5` }),
    });
    await using irc = await ircClient({ port: far.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    await seen(alice, 'irene');
    // Who is not known on the other side yet would not go there by the split.
    await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'the coming of Alice');
    relay.cut();
    await irc.next(({ command, nick }) => command === 'QUIT' && nick === 'Alice', 'the split');
    await say(alice, room, 'is anybody there');
    expect(await heard(alice, room)).toBe('Alice: is anybody there');
    // It takes half a minute until a split counts as leaving.
    await world.later(31, alice);
    const gone = await seen(alice, 'irene', 'unavailable');
    expect(gone.getChildText('status')).toContain('far.test');
    relay.mend();
    await seen(alice, 'irene');
    irc.send('PRIVMSG #garden :whole again');
    expect(await heard(alice, room)).toBe('irene: whole again');
  });
});

describeReal('a server that has enough of us', ['prosody', 'ngircd', 'hybrid'], () => {
  test('says so in its words to who is too many, and is left alone for a while', async () => {
    await using relay = await startRelay();
    await using world = await startWorld({
      ircd: () => startNgircd({ connections: 1 }),
      via: async ({ component, irc }) => {
        relay.target = irc;
        return { component, irc: relay.port };
      },
    });
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    await using bob = await world.login('bob');
    const refused = await enter(bob, room, 'Bob');
    expect(refused.getChild('error')?.attrs.type).toBe('wait');
    expect(refused.getChild('error')?.getChildText('text')).toMatch(/too many/i);
    const before = relay.opened;
    await world.later(120, alice);
    expect(relay.opened).toBe(before);
    await say(alice, room, 'I stay');
    expect(await heard(alice, room)).toBe('Alice: I stay');
  });

  test('throttles who comes back too fast, and has them in once it was left alone', async () => {
    await using world = await startWorld({ ircd: () => startHybrid({ throttled: '5 seconds' }) });
    await using alice = await world.login('alice');
    const told = (like: RegExp) =>
      alice.next((one) => one.attrs.from === SERVER && like.test(one.getChildText('body') ?? ''), `${like}`);
    const inside = enter(alice, room, 'Alice');
    await told(/^Connection failed: .*throttled/i);
    await told(/wants to be left alone for a while/);
    // That of the server passes by itself.
    expect((await inside).attrs.type).toBeUndefined();
  });
});
