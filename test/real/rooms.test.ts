import { expect, test } from 'vitest';
import { startChopper } from './chopper.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, heard, type IrcServerName, roomOf, say, startWorld } from './world.ts';

const isError = (id: string) => (stanza: { attrs: Record<string, string | undefined> }) =>
  stanza.attrs.id === id && stanza.attrs.type === 'error';

for (const ircd of ['inspircd', 'ngircd', 'hybrid', 'irc2'] as const satisfies IrcServerName[]) {
  describeReal(`a channel on ${ircd}`, ['prosody', ircd], () => {
    test('two XMPP users and an IRC client see one another, in order', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      await irc.barrier();
      const room = roomOf('#garden');
      await using alice = await world.login('alice');
      await using bob = await world.login('bob');
      expect((await enter(alice, room, 'Alice')).attrs.type).toBeUndefined();
      expect((await enter(bob, room, 'Bob')).attrs.type).toBeUndefined();

      const said = Array.from({ length: 30 }, (_, index) => `line ${index} ✓`);
      for (const text of said) await say(alice, room, text);
      for (const reader of [alice, bob]) {
        for (const text of said) expect(await heard(reader, room)).toBe(`Alice: ${text}`);
      }
      for (const text of said) {
        const line = await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice');
        expect([line.nick, line.params[1]]).toEqual(['Alice', text]);
      }

      for (const text of said) irc.send(`PRIVMSG #garden :${text}`);
      for (const reader of [alice, bob]) {
        for (const text of said) expect(await heard(reader, room)).toBe(`irene: ${text}`);
      }
    });

    test('a killed IRC server is survived: the room comes back by itself', async () => {
      await using world = await startWorld({ ircd });
      const room = roomOf('#garden');
      await using alice = await world.login('alice');
      await enter(alice, room, 'Alice');
      await world.ircd.kill();
      await alice.next((stanza) => stanza.getChildText('body')?.startsWith('Connection lost') ?? false, 'the bad news');
      await world.ircd.restart();
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      // Alice comes back without doing anything: irene sees her, or finds her there.
      await irc.next(
        ({ command, nick, params }) =>
          (command === 'JOIN' && nick === 'Alice') || (command === '353' && /\bAlice\b/.test(params.at(-1) ?? '')),
        'Alice in the channel',
      );
      await say(alice, room, 'back again');
      expect(await heard(alice, room)).toBe('Alice: back again');
      const line = await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice');
      expect(line.params[1]).toBe('back again');
    });

    test('a killed XMPP server is survived: users come back to their rooms', async () => {
      await using world = await startWorld({ ircd });
      const room = roomOf('#garden');
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      {
        await using alice = await world.login('alice', 'before');
        await enter(alice, room, 'Alice');
        await world.xmpp.kill();
      }
      await world.xmpp.restart();
      await world.gateway.online();
      await using alice = await world.login('alice', 'after');
      await enter(alice, room, 'Alice');
      irc.send('PRIVMSG #garden :still here');
      expect(await heard(alice, room)).toBe('irene: still here');
      await say(alice, room, 'so am I');
      const line = await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice');
      expect([line.nick, line.params[1]]).toEqual(['Alice', 'so am I']);
      // The client that died with the server is no longer counted: with the last living one, Alice parts.
      await alice.send(xml('presence', { to: `${room}/Alice`, type: 'unavailable' }));
      await irc.next(({ command, nick }) => nick === 'Alice' && /PART|QUIT/.test(command), 'the parting of Alice');
    });

    test('texts arrive whole when both wires are cut at every byte', async () => {
      const choppers: AsyncDisposable[] = [];
      await using _cut = {
        async [Symbol.asyncDispose]() {
          for (const chopper of choppers) await chopper[Symbol.asyncDispose]();
        },
      };
      const via = async (ports: { component: number; irc: number }) => {
        const component = await startChopper(ports.component);
        const irc = await startChopper(ports.irc);
        choppers.push(component, irc);
        return { component: component.port, irc: irc.port };
      };
      await using world = await startWorld({ ircd, via });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      const room = roomOf('#garden');
      await using alice = await world.login('alice');
      await enter(alice, room, 'Alice');
      const text = 'naïve — 日本語 — 👨‍👩‍👧‍👦 — 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 — ﷽';
      await say(alice, room, text);
      expect(await heard(alice, room)).toBe(`Alice: ${text}`);
      expect((await irc.next(({ command }) => command === 'PRIVMSG', 'the text')).params[1]).toBe(text);
      irc.send(`PRIVMSG #garden :${text}`);
      expect(await heard(alice, room)).toBe(`irene: ${text}`);
    });

    test('nothing that one user or a channel sends takes the stream of the others down', async () => {
      await using world = await startWorld({ ircd });
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('JOIN #garden');
      irc.send('MODE #garden -t');
      const room = roomOf('#garden');
      await using alice = await world.login('alice');
      await using bob = await world.login('bob');
      await enter(alice, room, 'Alice');
      await enter(bob, room, 'Bob');

      // Every control character that an IRC line can hold.
      for (let code = 1; code < 32; code++) {
        if (code !== 10 && code !== 13) irc.send(`PRIVMSG #garden :a${String.fromCharCode(code)}b`);
      }
      irc.send('PRIVMSG #garden :a\ufffe\uffffb');
      irc.send('PRIVMSG #garden :that was all');
      for (let text = ''; text !== 'irene: that was all'; ) text = await heard(bob, room);

      // 300 KB is over every limit on the way: the sender hears so, and nobody else is disturbed.
      await alice.send(
        xml('message', { to: room, type: 'groupchat', id: 'big' }, xml('body', {}, 'x'.repeat(300_000))),
      );
      await alice.next(isError('big'), 'the refusal of the big stanza');

      // Line ends and separators in every place that becomes part of an IRC line.
      await say(alice, room, 'first\r\nQUIT :injected\rPRIVMSG irene :injected');
      const lines = [];
      for (let n = 0; n < 3; n++) lines.push(await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice'));
      expect(lines.map(({ params }) => params)).toEqual([
        ['#garden', 'first'],
        ['#garden', 'QUIT :injected'],
        ['#garden', 'PRIVMSG irene :injected'],
      ]);
      for (const [index, to] of ['#a\\20b%net', '#a,#b%net', '#a\\0ab%net', 'x\\20y%net', ' %net'].entries()) {
        const join = xml(
          'presence',
          { to: `${to}@irc.localhost/Alice`, id: `bad${index}` },
          xml('x', { xmlns: 'http://jabber.org/protocol/muc' }),
        );
        await alice.send(join);
        const refusal = await alice.next(isError(`bad${index}`), `the refusal of ${to}`);
        expect(refusal.getChild('error')).toBeDefined();
      }
      await alice.send(xml('message', { to: room, type: 'groupchat', id: 't' }, xml('subject', {}, 'one\r\ntwo')));
      expect((await irc.next(({ command }) => command === 'TOPIC', 'the subject')).params).toEqual([
        '#garden',
        'one two',
      ]);
      await alice.send(
        xml('presence', { to: `${room}/Alice`, type: 'unavailable' }, xml('status', {}, 'bye\r\nQUIT :injected')),
      );
      const part = await irc.next(
        ({ command, nick }) => nick === 'Alice' && /PART|QUIT/.test(command),
        'the parting of Alice',
      );
      expect(part.command).toBe('PART');

      await say(bob, room, 'all is well');
      for (let text = ''; text !== 'Bob: all is well'; ) text = await heard(bob, room);
    });

    test('a stranger gets one clear error', async () => {
      await using world = await startWorld({ ircd });
      await using carol = await world.login('carol');
      const answer = await enter(carol, roomOf('#garden'), 'Carol');
      expect(answer.attrs.type).toBe('error');
      expect(answer.getChild('error')?.getChildText('text')).toContain('access list');
    });
  });
}
