import { expect, test } from 'vitest';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, type IrcServerName, roomOf, startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const NS = 'http://jabber.org/protocol/muc';

const outcomeOf = (answer: Element): string =>
  answer.attrs.type === 'result' ? 'result' : (answer.getChild('error')?.getChildElements()[0]?.name ?? 'no error');

const role = (x: Element): string | undefined => x.getChild('item')?.attrs.role;
const hasStatus = (x: Element, code: string): boolean =>
  x.getChildren('status').some(({ attrs }) => attrs.code === code);

/** What is done and seen in a room. */
function inRoom(room: string) {
  /** A change of one or more people in the room; resolves with `result` or the condition of the error. */
  async function administer(client: XmppClient, ...items: Element[]): Promise<string> {
    const answer = await client.ask(
      xml('iq', { type: 'set', to: room }, xml('query', { xmlns: `${NS}#admin` }, ...items)),
    );
    return outcomeOf(answer);
  }

  /** The next presence of an occupant for which something holds. */
  const presence = (
    client: XmppClient,
    nick: string,
    holds: (x: Element, stanza: Element) => boolean,
  ): Promise<Element> =>
    client.next((stanza) => {
      const x = stanza.getChild('x', `${NS}#user`);
      return stanza.is('presence') && stanza.attrs.from === `${room}/${nick}` && x !== undefined && holds(x, stanza);
    }, `a presence of ${nick}`);

  async function settings(client: XmppClient): Promise<Map<string, string>> {
    const answer = await client.ask(xml('iq', { type: 'get', to: room }, xml('query', { xmlns: `${NS}#owner` })));
    const fields = answer.getChild('query')?.getChild('x')?.getChildren('field') ?? [];
    return new Map(fields.map((field) => [field.attrs.var ?? '', field.getChildText('value') ?? '']));
  }

  async function change(client: XmppClient, values: Record<string, string>): Promise<string> {
    const fields = Object.entries(values).map(([name, value]) =>
      xml('field', { var: `muc#roomconfig_${name}` }, xml('value', {}, value)),
    );
    const form = xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields);
    return outcomeOf(
      await client.ask(xml('iq', { type: 'set', to: room }, xml('query', { xmlns: `${NS}#owner` }, form))),
    );
  }

  /** Asks for the form of the room's lists and answers it; resolves with who was banned before, in order. */
  async function lists(client: XmppClient, values: Record<string, readonly string[]>): Promise<string[]> {
    const command = (more: Record<string, string>, ...children: Element[]) =>
      client.ask(
        xml(
          'iq',
          { type: 'set', to: room },
          xml('command', { xmlns: 'http://jabber.org/protocol/commands', node: 'lists', ...more }, ...children),
        ),
      );
    const begun = (await command({ action: 'execute' })).getChild('command');
    const fields = Object.entries(values).map(([name, masks]) =>
      xml('field', { var: name }, ...masks.map((mask) => xml('value', {}, mask))),
    );
    const form = xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields);
    const ended = await command({ action: 'complete', sessionid: begun?.attrs.sessionid ?? '' }, form);
    expect(ended.getChild('command')?.attrs.status).toBe('completed');
    const bans = begun
      ?.getChild('x')
      ?.getChildren('field')
      .find(({ attrs }) => attrs.var === 'bans');
    return (bans?.getChildren('value') ?? []).map((value) => value.getText()).sort();
  }
  return { administer, presence, settings, change, lists };
}

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
  // A server of IRCnet that is alone has no operators in its `#` channels, as after a split.
  const channel = ircd === 'irc2' ? '&garden' : '#garden';
  const room = roomOf(channel.replace('&', '\\26'));
  const { administer, presence, settings, change, lists } = inRoom(room);
  describeReal(`moderation of a channel on ${ircd}`, ['prosody', ircd], () => {
    test('roles, kicks and bans by an XMPP user reach the channel, and refusals come back', async () => {
      await using world = await startWorld({ ircd });
      await using alice = await world.login('alice');
      // Who makes a channel is its operator.
      expect((await enter(alice, room, 'Alice')).attrs.type).toBeUndefined();
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send(`JOIN ${channel}`);
      await presence(alice, 'irene', (x) => role(x) === 'participant');

      expect(await administer(alice, xml('item', { nick: 'irene', role: 'moderator' }))).toBe('result');
      await presence(alice, 'irene', (x) => role(x) === 'moderator');
      const isMode = ({ command, params }: { command: string; params: readonly string[] }) =>
        command === 'MODE' && params[0] === channel;
      expect((await irc.next(isMode, 'the mode')).params.slice(1)).toEqual(['+o', 'irene']);
      expect(await administer(alice, xml('item', { nick: 'irene', affiliation: 'member' }))).toBe('result');
      await presence(alice, 'irene', (x) => x.getChild('item')?.attrs.affiliation === 'member');

      await using bob = await world.login('bob');
      await enter(bob, room, 'Bob');
      expect(await administer(bob, xml('item', { nick: 'irene', role: 'none' }))).toBe('forbidden');

      const kick = xml('item', { nick: 'irene', role: 'none' }, xml('reason', {}, 'out you go'));
      expect(await administer(alice, kick)).toBe('result');
      const line = await irc.next(({ command }) => command === 'KICK', 'the kick');
      expect([line.nick, ...line.params]).toEqual(['Alice', channel, 'irene', 'out you go']);
      for (const reader of [alice, bob]) {
        const x = (await presence(reader, 'irene', (one) => hasStatus(one, '307'))).getChild('x', `${NS}#user`);
        expect(x?.getChild('item')?.getChildText('reason')).toBe('out you go');
        expect(x?.getChild('item')?.getChild('actor')?.attrs.nick).toBe('Alice');
      }

      irc.send(`JOIN ${channel}`);
      await presence(alice, 'irene', (_x, stanza) => stanza.attrs.type === undefined);
      expect(await administer(alice, xml('item', { nick: 'irene', affiliation: 'outcast' }))).toBe('result');
      await presence(bob, 'irene', (x) => hasStatus(x, '301'));
      irc.send(`JOIN ${channel}`);
      await irc.next(({ command }) => command === '474', 'the closed door');
      const list = xml('query', { xmlns: `${NS}#admin` }, xml('item', { affiliation: 'outcast' }));
      const [banned] =
        (await alice.ask(xml('iq', { type: 'get', to: room }, list))).getChild('query')?.getChildren('item') ?? [];
      expect(await administer(alice, xml('item', { jid: banned?.attrs.jid, affiliation: 'none' }))).toBe('result');
      irc.send(`JOIN ${channel}`);
      await presence(bob, 'irene', (_x, stanza) => stanza.attrs.type === undefined);
    });

    test('an XMPP user who is banned by somebody on IRC is out, and cannot come back', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send(`JOIN ${channel}`);
      await irc.barrier();
      await using alice = await world.login('alice');
      await using bob = await world.login('bob');
      await enter(alice, room, 'Alice');
      await enter(bob, room, 'Bob');
      irc.send(`MODE ${channel} +b Bob!*@*`);
      irc.send(`KICK ${channel} Bob :no`);
      const own = await presence(bob, 'Bob', (x) => hasStatus(x, '301') && hasStatus(x, '110'));
      expect(own.getChild('x', `${NS}#user`)?.getChild('item')?.getChildText('reason')).toBe('no');
      await presence(alice, 'Bob', (x) => hasStatus(x, '301'));
      const refused = await enter(bob, room, 'Bob');
      expect(outcomeOf(refused)).toBe('forbidden');
    });

    test('a channel is set up by its form, and invitations open it', async () => {
      await using world = await startWorld({ ircd });
      await using alice = await world.login('alice');
      await enter(alice, room, 'Alice');
      const before = await settings(alice);
      expect(before.get('muc#roomconfig_membersonly')).toBe('0');
      expect(await change(alice, { membersonly: '1', maxusers: '7' })).toBe('result');
      const after = await settings(alice);
      expect([after.get('muc#roomconfig_membersonly'), after.get('muc#roomconfig_maxusers')]).toEqual(['1', '7']);

      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send(`JOIN ${channel}`);
      await irc.next(({ command }) => command === '473', 'the closed door');
      const invite = xml('invite', { to: 'irene%net@irc.localhost' });
      await alice.send(xml('message', { to: room }, xml('x', { xmlns: `${NS}#user` }, invite)));
      await irc.next(({ command }) => command === 'INVITE', 'the invitation');
      irc.send(`JOIN ${channel}`);
      await presence(alice, 'irene', (_x, stanza) => stanza.attrs.type === undefined);

      irc.send('JOIN #shed');
      irc.send('INVITE Alice #shed');
      const invited = await alice.next(
        (one) => one.is('message') && one.attrs.from === roomOf('#shed'),
        'an invitation',
      );
      const from = invited.getChild('x', `${NS}#user`)?.getChild('invite')?.attrs.from;
      expect(from).toBe('irene%net@irc.localhost');
    });

    test('who is banned is seen in the form of the lists, and changed there', async () => {
      await using world = await startWorld({ ircd });
      await using alice = await world.login('alice');
      expect((await enter(alice, room, 'Alice')).attrs.type).toBeUndefined();
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send(`JOIN ${channel}`);
      await presence(alice, 'irene', (x) => role(x) === 'participant');
      expect(await lists(alice, { bans: ['a!*@*', 'b!*@*', 'c!*@*', 'd!*@*'], exceptions: ['e!*@*'] })).toEqual([]);
      await irc.next(({ command, params }) => command === 'MODE' && params.includes('d!*@*'), 'the last of the bans');
      expect(await lists(alice, { bans: ['d!*@*'] })).toEqual(['a!*@*', 'b!*@*', 'c!*@*', 'd!*@*']);
      await irc.next(({ command, params }) => command === 'MODE' && params.includes('c!*@*'), 'the bans are lifted');
      expect(await lists(alice, {})).toEqual(['d!*@*']);
    });

    test('a key is asked for, and the right one opens', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send(`JOIN ${channel}`);
      irc.send(`MODE ${channel} +k rose`);
      await irc.barrier();
      await using alice = await world.login('alice');
      expect(outcomeOf(await enter(alice, room, 'Alice'))).toBe('not-authorized');
      const password = xml('x', { xmlns: NS }, xml('password', {}, 'rose'));
      await alice.send(xml('presence', { to: `${room}/Alice` }, password));
      await presence(alice, 'Alice', (x) => hasStatus(x, '110'));
    });
  });
}
