import type { Element } from 'ltx';
import { expect, test } from 'vitest';
import { describeReal, ircClient } from './servers.ts';
import { slixmppClient } from './slixmpp.ts';
import { roomOf, startWorld } from './world.ts';

const body = (from: string, text: string) => (stanza: Element) =>
  stanza.name === 'message' && stanza.attrs.from === from && stanza.getChildText('body') === text;

const MUC_USER = 'http://jabber.org/protocol/muc#user';
const item = (stanza: Element) => stanza.getChild('x', MUC_USER)?.getChild('item');
const isOf = (stanza: Element, room: string, nick: string) => stanza.attrs.from === `${room}/${nick}`;
const statuses = (stanza: Element): string[] =>
  (stanza.getChild('x', MUC_USER)?.getChildren('status') ?? []).map(({ attrs }) => attrs.code ?? '');

describeReal('slixmpp', ['prosody', 'inspircd', 'python3-slixmpp'], () => {
  test('joins, talks, whispers, changes its nick, sets the subject and leaves', async () => {
    await using world = await startWorld({ ircd: 'inspircd' });
    const room = roomOf('#garden');
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    await irc.barrier();
    await using alice = await slixmppClient({ port: world.xmpp.ports.c2s, user: 'alice', password: 'pw' });
    await alice.do('join', room, 'Alice');
    await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'Alice in the channel');

    await alice.do('say', room, 'good morning ☕');
    await alice.next(body(`${room}/Alice`, 'good morning ☕'), 'the reflection');
    const said = await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice');
    expect(said.params).toEqual(['#garden', 'good morning ☕']);
    irc.send('PRIVMSG #garden :good morning Alice');
    await alice.next(body(`${room}/irene`, 'good morning Alice'), 'a line of irene');

    await alice.do('whisper', `${room}/irene`, 'a secret');
    const secret = await irc.next(({ command }) => command === 'PRIVMSG', 'a secret');
    expect(secret.params).toEqual(['irene', 'a secret']);
    irc.send('PRIVMSG Alice :I will keep it');
    await alice.next(body(`${room}/irene`, 'I will keep it'), 'the answer');

    await alice.do('nick', room, 'Alicia');
    await alice.next(
      (stanza) => stanza.attrs.type === 'unavailable' && statuses(stanza).includes('303'),
      'the change of nick',
    );
    await irc.next(({ command, params }) => command === 'NICK' && params[0] === 'Alicia', 'the new nick');
    irc.send('MODE #garden +o Alicia');
    await alice.next(
      (stanza) =>
        stanza.name === 'presence' && item(stanza)?.attrs.role === 'moderator' && isOf(stanza, room, 'Alicia'),
      'the role',
    );
    await alice.do('topic', room, 'roses');
    await irc.next(({ command, params }) => command === 'TOPIC' && params[1] === 'roses', 'the subject');
    await using tybalt = await ircClient({ port: world.ircd.ports.plain, nick: 'tybalt' });
    tybalt.send('JOIN #garden');
    await alice.next((stanza) => stanza.name === 'presence' && isOf(stanza, room, 'tybalt'), 'tybalt');
    await alice.do('kick', room, 'tybalt', 'no fighting');
    const kick = await tybalt.next(({ command }) => command === 'KICK', 'the kick');
    expect(kick.params).toEqual(['#garden', 'tybalt', 'no fighting']);
    await alice.next((stanza) => isOf(stanza, room, 'tybalt') && statuses(stanza).includes('307'), 'his going');
    await alice.do('ping', `${room}/Alicia`);
    await alice.do('leave', room, 'Alicia');
    await irc.next(({ command, nick }) => (command === 'PART' || command === 'QUIT') && nick === 'Alicia', 'her going');
  });
});
