import { expect, test } from 'vitest';
import { startRelay } from './relay.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, overTls, roomOf, say, startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const NET = 'net@irc.localhost';
const NICKSERV = `nickserv%${NET}`;
const CHANSERV = `chanserv%${NET}`;
const MUC_USER = 'http://jabber.org/protocol/muc#user';

const tell = (client: XmppClient, to: string, body: string): Promise<void> =>
  client.send(xml('message', { to, type: 'chat' }, xml('body', {}, body)));

/** A service of the network answers with something like it. */
const answered = (client: XmppClient, from: string, like: RegExp): Promise<Element> =>
  client.next(
    (one) => one.is('message') && one.attrs.from?.split('/')[0] === from && like.test(one.getChildText('body') ?? ''),
    `${like} from ${from}`,
  );

/** Alice has an account that is called as her nick. */
async function registered(alice: XmppClient): Promise<void> {
  await tell(alice, NICKSERV, 'REGISTER rosebud alice@example.org');
  await answered(alice, NICKSERV, /rosebud|registered/i);
}

describeReal('services', ['prosody', 'inspircd', 'atheme-services'], () => {
  test('NickServ registers a nick, and answers as the person that it is', async () => {
    await using world = await startWorld({ ircd: 'services' });
    await using alice = await world.login('alice');
    await enter(alice, roomOf('#garden'), 'Alice');
    await registered(alice);
    await tell(alice, NICKSERV, 'IDENTIFY thorn');
    await answered(alice, NICKSERV, /already logged in|invalid password/i);
    await tell(alice, NICKSERV, 'INFO Alice');
    await answered(alice, NICKSERV, /Information on .*Alice/);
  });

  test('ChanServ registers a channel and gives its founder operator status, which everybody sees', async () => {
    await using world = await startWorld({ ircd: 'services' });
    const room = roomOf('#garden');
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    await registered(alice);
    await tell(alice, CHANSERV, 'REGISTER #garden');
    await answered(alice, CHANSERV, /#garden.* is now registered/i);
    await alice.send(xml('presence', { to: `${room}/Alice`, type: 'unavailable' }));
    await alice.next((one) => one.attrs.type === 'unavailable' && one.attrs.from === `${room}/Alice`, 'her going');

    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
    irc.send('JOIN #garden');
    await irc.barrier();
    await enter(alice, room, 'Alice');
    await tell(alice, NICKSERV, 'IDENTIFY rosebud');
    await answered(alice, NICKSERV, /now (identified|logged in)/i);
    await tell(alice, CHANSERV, 'OP #garden');
    const seen = await alice.next(
      (one) =>
        one.attrs.from === `${room}/Alice` && one.getChild('x', MUC_USER)?.getChild('item')?.attrs.role === 'moderator',
      'her new role',
    );
    expect(seen.getChild('x', MUC_USER)?.getChild('item')?.attrs.affiliation).toBe('admin');
  });

  test('a ghost that holds the nick is sent away, and the nick comes back', async () => {
    await using world = await startWorld({ ircd: 'services' });
    const room = roomOf('#garden');
    const ghost = await ircClient({ port: world.ircd.ports.plain, nick: 'Alice' });
    ghost.send('PRIVMSG NickServ :REGISTER rosebud alice@example.org');
    await ghost.next(({ command, nick }) => command === 'NOTICE' && nick === 'NickServ', 'an answer of NickServ');
    await using alice = await world.login('alice');
    const self = await enter(alice, room, 'Alice');
    expect(self.attrs.from).toBe(`${room}/Alice_`);
    await tell(alice, NICKSERV, 'GHOST Alice rosebud');
    await answered(alice, NICKSERV, /ghosted/i);
    await alice.next((one) => one.is('presence') && one.attrs.from === `${room}/Alice` && !one.attrs.type, 'the nick');
    await ghost[Symbol.asyncDispose]();
  });

  // https://ircv3.net/specs/extensions/labeled-response, https://ircv3.net/specs/extensions/message-ids
  test('what is said goes under a label, whose answer has an id that each of us is shown', async () => {
    const passed = { near: '', far: '' };
    await using relay = await startRelay((from, text) => {
      passed[from] += text;
    });
    await relay.listen();
    await using world = await startWorld({
      ircd: 'services',
      via: async ({ component, irc }) => {
        relay.target = irc;
        return { component, irc: relay.port };
      },
    });
    const room = roomOf('#garden');
    await using alice = await world.login('alice');
    await using bob = await world.login('bob');
    await enter(alice, room, 'Alice');
    await enter(bob, room, 'Bob');
    await say(alice, room, 'hark', 'm1');
    const own = await alice.next((one) => one.getChildText('body') === 'hark', 'her own message');
    const other = await bob.next((one) => one.getChildText('body') === 'hark', 'her message');
    expect(own.attrs.id).toBe('m1');
    expect(other.getChild('stanza-id')?.attrs.id).toBe(own.getChild('stanza-id')?.attrs.id);
    const label = /^@label=([^ ;]+) PRIVMSG #garden :?hark/m.exec(passed.near)?.[1];
    const echo = new RegExp(`^@(\\S*label=${label}(?:;\\S*)?) :Alice!\\S+ PRIVMSG #garden :?hark`, 'm').exec(
      passed.far,
    )?.[1];
    expect(echo).toMatch(/(^|;)msgid=/);
    const msgid = /(?:^|;)msgid=([^;]+)/.exec(echo ?? '')?.[1] ?? '';
    // Bob's connection has it under the same id: it has come before an answer to him.
    await tell(bob, NET, 'WHOIS Bob');
    await answered(bob, NET, /end of .*whois/i);
    expect(passed.far.split(msgid)).toHaveLength(3);
  });

  test('who gave an account at the address of the server is logged in before anybody sees them, or not at all', async () => {
    await using world = await startWorld({ ircd: 'services', net: overTls });
    await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'montague' });
    irc.send('PRIVMSG NickServ :REGISTER rosebud alice@example.org');
    await irc.next(({ command, nick }) => command === 'NOTICE' && nick === 'NickServ', 'an answer of NickServ');
    await using alice = await world.login('alice');
    await account(alice, 'montague', 'thorn');
    const refused = await enter(alice, roomOf('#garden'), 'Alice');
    expect(refused.getChild('error')?.getChild('not-authorized')).toBeDefined();

    await account(alice, 'montague', 'rosebud');
    const self = await enter(alice, roomOf('#garden'), 'Alice');
    expect(self.attrs.type).toBeUndefined();
    irc.send('WHOIS Alice');
    const known = await irc.next(({ command }) => command === '330', 'the account of Alice');
    expect(known.params[2]).toBe('montague');
  });
});

/** Gives an account with services for the server `net` (XEP-0077). */
async function account(alice: XmppClient, name: string, password: string): Promise<void> {
  const fields = [xml('username', {}, name), xml('password', {}, password)];
  const answer = await alice.ask(
    xml('iq', { type: 'set', to: NET }, xml('query', { xmlns: 'jabber:iq:register' }, ...fields)),
  );
  expect(answer.attrs.type).toBe('result');
}
