import { expect, test } from 'vitest';
import { describeReal, ircClient, startInspircd, startNgircd, startProsody, xml, xmppClient } from './servers.ts';

const users = { alice: 'p"s\\s', 'bob.b': 'pw' };

describeReal('Prosody', ['prosody'], () => {
  test('lets its users talk, and has them still after a kill and a restart on the same ports', async () => {
    await using prosody = await startProsody({ users, http: true, domains: { 'irc.localhost': 'secret' } });
    const port = prosody.ports.c2s;
    for (const round of ['one', 'two']) {
      await using alice = await xmppClient({ port, user: 'alice', password: users.alice });
      await using bob = await xmppClient({ port, user: 'bob.b', password: 'pw', resource: 'desk' });
      expect(bob.jid).toBe('bob.b@localhost/desk');
      await alice.send(xml('message', { to: bob.jid, type: 'chat' }, xml('body', {}, round)));
      const got = await bob.next((stanza) => stanza.is('message'), 'the message of alice');
      expect(got.getChildText('body')).toBe(round);
      await alice.barrier();
      const pid = prosody.pid();
      if (round === 'one') await prosody.restart();
      expect(prosody.pid() !== pid).toBe(round === 'one');
    }
    expect(prosody.ports.c2s).toBe(port);
  });

  test('refuses a wrong password and an unknown component is absent', async () => {
    await using prosody = await startProsody({ users });
    await expect(xmppClient({ port: prosody.ports.c2s, user: 'alice', password: 'no' })).rejects.toThrow(/authorized/);
    await using alice = await xmppClient({ port: prosody.ports.c2s, user: 'alice', password: users.alice });
    const answer = await alice.ask(xml('iq', { type: 'get', to: 'irc.localhost' }, xml('query', { xmlns: 'x' })));
    expect(answer.attrs.type).toBe('error');
  });
});

describeReal('InspIRCd', ['inspircd'], () => {
  test('carries a line from a plain to a TLS connection, before and after a kill', async () => {
    await using server = await startInspircd({ tls: true });
    for (const round of ['one', 'two']) {
      if (round === 'two') await server.kill();
      if (round === 'two') await server.restart();
      await using ann = await ircClient({ port: server.ports.plain, nick: 'ann' });
      await using ben = await ircClient({ port: server.ports.tls, nick: 'ben', tls: true, caps: ['server-time'] });
      ben.send('JOIN #c');
      await ben.barrier();
      ann.send('JOIN #c');
      ann.send(`PRIVMSG #c :hello: ${round} `);
      const line = await ben.next((line) => line.command === 'PRIVMSG', 'the line of ann');
      expect([line.nick, ...line.params]).toEqual(['ann', '#c', `hello: ${round} `]);
      expect(line.tags.time).toMatch(/^\d{4}-/);
    }
  });

  test('a taken nick is an error', async () => {
    await using server = await startInspircd();
    await using ann = await ircClient({ port: server.ports.plain, nick: 'ann' });
    await ann.barrier();
    await expect(ircClient({ port: server.ports.plain, nick: 'ann' })).rejects.toThrow(/433/);
  });
});

describeReal('ngIRCd', ['ngircd'], () => {
  test('takes many lines at once, before and after a kill', async () => {
    await using server = await startNgircd({ password: 'open' });
    for (let round = 0; round < 2; round++) {
      await using ann = await ircClient({ port: server.ports.plain, nick: 'ann', password: 'open' });
      ann.send('JOIN #c');
      for (let i = 0; i < 100; i++) ann.send(`TOPIC #c :${i}`);
      const isLast = (line: { command: string; params: readonly string[] }) =>
        line.command === 'TOPIC' && line.params.at(-1) === '99';
      await ann.next(isLast, 'the last topic');
      if (round === 0) await server.restart();
    }
  });
});
