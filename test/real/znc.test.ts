import { expect, test } from 'vitest';
import { archive } from './archive.ts';
import { configure } from './configure.ts';
import { startRelay } from './relay.ts';
import { describeReal, ircClient, xml, xmppClient } from './servers.ts';
import { enter, heard, roomOf, say, startWorld } from './world.ts';
import type { Element } from './xmpp.ts';
import { type RunningZnc, ZNC_PASSWORD } from './znc.ts';

const room = roomOf('#garden');
const NET = 'net@irc.localhost';

describeReal('a bouncer', ['prosody', 'inspircd', 'znc'], () => {
  test('is in a channel already, and what it plays back at each attach is told once', async () => {
    await using relay = await startRelay();
    const via = async ({ component, irc }: { component: number; irc: number }) => {
      relay.target = irc;
      return { component, irc: relay.port };
    };
    await using world = await startWorld({ ircd: 'znc', net: () => ({ insecure_login: true }), via });
    const { upstream } = world.ircd as RunningZnc;
    await using irc = await ircClient({ port: upstream.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    const isAlice = ({ command, nick, params }: { command: string; nick?: string; params: readonly string[] }) =>
      (command === 'JOIN' && nick === 'Alice') || (command === '353' && /\bAlice\b/.test(params.at(-1) ?? ''));
    await irc.next(isAlice, 'the bouncer in the channel');
    irc.send('PRIVMSG #garden :said before anybody was there');
    irc.send('PRIVMSG Alice :a secret');
    await irc.barrier();

    let secrets = 0;
    let invitations = 0;
    const count = (one: Element): void => {
      if (one.getChildText('body') === 'a secret') secrets++;
      if (one.getChild('x', 'jabber:x:conference')) invitations++;
    };
    const { c2s } = world.xmpp.ports;
    await using alice = await xmppClient({ port: c2s, user: 'alice', password: 'pw', heard: count });
    await alice.send(xml('presence'));
    await configure(alice, NET, { pass: [ZNC_PASSWORD] });
    const self = await enter(alice, room, 'Alice');
    expect([self.attrs.from, self.attrs.type]).toEqual([`${room}/Alice`, undefined]);
    expect(await heard(alice, room)).toBe('irene: said before anybody was there');
    const secret = await alice.next((one) => one.attrs.from?.split('/')[0] === 'irene%net@irc.localhost', 'the secret');
    expect(secret.getChildText('body')).toContain('a secret');
    await say(alice, room, 'here I am');
    expect(await heard(alice, room)).toBe('Alice: here I am');
    await irc.next(({ command, params }) => command === 'PRIVMSG' && params[1] === 'here I am', 'the line of Alice');

    // The line to the bouncer is cut, which stays; more is said, and it plays all of that back.
    relay.cut();
    await alice.next((one) => one.getChildText('body')?.startsWith('Connection lost') ?? false, 'the bad news');
    irc.send('PRIVMSG #garden :said while she was away');
    await irc.barrier();
    relay.mend();
    await alice.next((one) => one.getChildText('body')?.startsWith('Connected to') ?? false, 'the good news');
    const said = [await heard(alice, room)];
    await say(alice, room, 'back again');
    do said.push(await heard(alice, room));
    while (said.at(-1) !== 'Alice: back again');
    expect(said).toEqual(['irene: said while she was away', 'Alice: back again']);
    await alice.barrier();
    expect([secrets, invitations]).toEqual([1, 0]);
    expect((await archive(alice, room)).map((one) => one.said)).toEqual([
      'irene: said before anybody was there',
      'Alice: here I am',
      'irene: said while she was away',
      'Alice: back again',
    ]);
  });

  test('what another client of it says is the user’s own, and a channel that it detaches is left and joined again', async () => {
    await using world = await startWorld({ ircd: 'znc', net: () => ({ insecure_login: true }) });
    const { upstream, ports } = world.ircd as RunningZnc;
    await using irc = await ircClient({ port: upstream.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    await using alice = await world.login('alice');
    await configure(alice, NET, { pass: [ZNC_PASSWORD] });
    await enter(alice, room, 'Alice');
    await using phone = await ircClient({ port: ports.plain, nick: 'Alice', password: ZNC_PASSWORD });
    phone.send('PRIVMSG #garden :from my phone');
    expect(await heard(alice, room)).toBe('Alice: from my phone');
    phone.send('PRIVMSG irene :a secret');
    await irc.next(({ command, params }) => command === 'PRIVMSG' && params[1] === 'a secret', 'the secret');
    const own = await alice.next((one) => one.getChildText('body')?.endsWith('a secret') ?? false, 'the own secret');
    expect([own.attrs.from?.split('/')[0], own.getChildText('body')]).toEqual([
      'irene%net@irc.localhost',
      '(from you) a secret',
    ]);
    // What the one says the other reads, too.
    await say(alice, room, 'from my desk');
    expect(await heard(alice, room)).toBe('Alice: from my desk');
    await phone.next(({ command, params }) => command === 'PRIVMSG' && params[1] === 'from my desk', 'the line');

    phone.send('DETACH #garden');
    const out = await alice.next(
      (one) => one.attrs.from === `${room}/Alice` && one.attrs.type === 'unavailable',
      'out',
    );
    expect(out.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChildren('status')).not.toEqual([]);
    irc.send('PRIVMSG #garden :said while it was detached');
    await irc.barrier();
    expect((await enter(alice, room, 'Alice')).attrs.type).toBeUndefined();
    let last = '';
    while (last !== 'irene: said while it was detached') last = await heard(alice, room);
  });
});
