import { expect, test } from 'vitest';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, heard, roomOf, say, startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const MUC = 'http://jabber.org/protocol/muc';
const NET = 'net@irc.localhost';

const conditionOf = (stanza: Element): Element | undefined => stanza.getChild('error')?.getChildElements()[0];

/** The address of a room that an error says it has now. */
function goneTo(stanza: Element): string {
  const gone = conditionOf(stanza);
  expect(gone?.name).toBe('gone');
  return decodeURIComponent(/^xmpp:([^?]*)/.exec(gone?.getText() ?? '')?.[1] ?? '');
}

const isOwn = ({ nick, command }: { nick: string; command: string }): boolean => command === 'JOIN' && nick === 'irene';

/** The nick that the client has in a room, as the room says once it is another. */
async function newNick(client: XmppClient, room: string, before: string): Promise<string> {
  const stanza = await client.next(
    (one) => one.attrs.from === `${room}/${before}` && one.attrs.type === 'unavailable',
    `that ${before} is called otherwise`,
  );
  return stanza.getChild('x', `${MUC}#user`)?.getChild('item')?.attrs.nick ?? '';
}

describeReal('what only servers of IRCnet have', ['prosody', 'irc2'], () => {
  test('a `!` channel is joined by its short name, or made by it, and told under its own', async () => {
    await using world = await startWorld({ ircd: 'irc2' });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN !!shed');
    const [name = ''] = (await irc.next(isOwn, 'the channel')).params;
    expect(name).toMatch(/^!.{5}shed$/);
    await using alice = await world.login('alice');
    const shed = goneTo(await enter(alice, roomOf('!shed'), 'Alice'));
    expect(shed).toBe(roomOf(name.toLowerCase()));
    expect((await enter(alice, shed, 'Alice')).attrs.type).toBeUndefined();
    await say(alice, shed, 'here I am');
    const line = await irc.next(({ command }) => command === 'PRIVMSG', 'the line of Alice');
    expect([line.params[0]?.toLowerCase(), line.params[1]]).toEqual([name.toLowerCase(), 'here I am']);
    irc.send(`PRIVMSG ${name} :so am I`);
    expect(await heard(alice, shed)).toBe('Alice: here I am');
    expect(await heard(alice, shed)).toBe('irene: so am I');

    // Who makes one is its creator, which is more than an operator.
    const tomb = goneTo(await enter(alice, roomOf('!!tomb'), 'Alice'));
    const self = await enter(alice, tomb, 'Alice');
    expect(self.getChild('x', `${MUC}#user`)?.getChild('item')?.attrs.role).toBe('moderator');
    irc.send('JOIN !tomb');
    await alice.next((one) => one.attrs.from === `${tomb}/irene`, 'irene');
    expect(conditionOf(await enter(alice, roomOf('!nothing'), 'Alice'))?.name).toBe('item-not-found');
  });

  test('a `+` channel has nobody who rules it, and says so to who tries', async () => {
    await using world = await startWorld({ ircd: 'irc2' });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN +plus');
    const room = roomOf('+plus');
    await using alice = await world.login('alice');
    const self = await enter(alice, room, 'Alice');
    expect(self.getChild('x', `${MUC}#user`)?.getChild('item')?.attrs).toMatchObject({
      role: 'participant',
      affiliation: 'none',
    });
    await say(alice, room, 'here I am');
    expect(await heard(alice, room)).toBe('Alice: here I am');
    await alice.send(xml('message', { to: room, type: 'groupchat', id: 's' }, xml('subject', {}, 'ours')));
    const refused = await alice.next((one) => one.attrs.id === 's' && one.attrs.type === 'error', 'the refusal');
    expect(conditionOf(refused)?.name).toBe('feature-not-implemented');
    expect(refused.getChild('error')?.getChildText('text')).toContain("Channel doesn't support modes");
    const kick = xml('query', { xmlns: `${MUC}#admin` }, xml('item', { nick: 'irene', role: 'none' }));
    const answer = await alice.ask(xml('iq', { type: 'set', to: room }, kick));
    expect(conditionOf(answer)?.name).toBe('feature-not-implemented');
  });

  test('a nick that the server makes is taken, and the one before again', async () => {
    await using world = await startWorld({ ircd: 'irc2' });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    const room = roomOf('#garden');
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    await alice.send(xml('message', { to: NET, type: 'chat' }, xml('body', {}, 'NICK 0')));
    const forced = await newNick(alice, room, 'Alice');
    // RFC 2812 §2.3.1 knows no such nick: it begins with a digit.
    expect(forced).toMatch(/^0[0-9A-Z]{8}$/);
    await say(alice, room, 'who am I');
    expect(await heard(alice, room)).toBe(`${forced}: who am I`);
    irc.send(`PRIVMSG ${forced} :a secret`);
    const secret = await alice.next((one) => one.getChildText('body') === 'a secret', 'the secret');
    expect(secret.attrs.from?.split('/')[0]).toBe('irene%net@irc.localhost');
    await alice.send(xml('presence', { to: `${room}/Alicia` }));
    expect(await newNick(alice, room, forced)).toBe('Alicia');
  });
});
