import type { Element } from 'ltx';
import { expect, test } from 'vitest';
import type { IrcLine } from './irc.ts';
import { resumingClient } from './resuming-client.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { roomOf, startWorld } from './world.ts';

const MUC = 'http://jabber.org/protocol/muc';
const ROOM = roomOf('#garden');
/** So often an hour a phone is in a tunnel. */
const TUNNELS = 20;

const says = (text: string) => (one: Element) => one.getChildText('body') === text;
const isSubject = (one: Element): boolean => one.is('message') && one.getChild('subject') !== undefined;

// XEP-0198 §5: the server keeps the stream of whose connection is lost, and what comes for it.
describeReal('a phone in a tunnel twenty times an hour', ['prosody', 'inspircd'], () => {
  test('makes no line on IRC, and hears all that was said, once and in order', async () => {
    await using world = await startWorld({ ircd: 'inspircd', resumable: true });
    const seen: IrcLine[] = [];
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    await irc.barrier();
    await using bob = await world.login('bob');
    const heard: string[] = [];
    using alice = await resumingClient({
      ...{ port: world.xmpp.ports.c2s, user: 'alice', password: 'pw' },
      heard: (one) => void heard.push(one.getChildText('body') ?? ''),
    });
    alice.send(xml('presence'));
    alice.send(xml('presence', { to: `${ROOM}/Alice` }, xml('x', { xmlns: MUC })));
    await alice.next(isSubject, 'the subject');
    await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'the coming of Alice');
    for (let tunnel = 1; tunnel <= TUNNELS; tunnel++) {
      await alice.lose();
      irc.send(`PRIVMSG #garden :in tunnel ${tunnel}`);
      await irc.barrier();
      await world.later(60, bob, irc);
      await alice.resume();
      await alice.next(says(`in tunnel ${tunnel}`), `what was said in tunnel ${tunnel}`);
      alice.send(xml('message', { to: ROOM, type: 'groupchat', id: `m${tunnel}` }, xml('body', {}, `after ${tunnel}`)));
      seen.push(await irc.next(({ nick }) => nick === 'Alice', `a line of Alice after tunnel ${tunnel}`));
      await alice.next(says(`after ${tunnel}`), `the reflection after tunnel ${tunnel}`);
    }
    expect(seen.map(({ command, params }) => `${command} ${params.at(-1)}`)).toEqual(
      Array.from({ length: TUNNELS }, (_, n) => `PRIVMSG after ${n + 1}`),
    );
    expect(heard.filter((body) => body.includes('tunnel'))).toEqual(
      Array.from({ length: TUNNELS }, (_, n) => `in tunnel ${n + 1}`),
    );
  });
});
