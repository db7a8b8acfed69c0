import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ircServer } from '../../../../fakes/irc-server.ts';
import { key, login, REALM, rig } from '../../harness.ts';

const never = new AbortController().signal;
const romeo = { nick: 'romeo' };

describe('a login', () => {
  it('that takes longer than the ping time is not given up by pings, which a server need not answer before 001', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, { connect_timeout: '5m', ping_time: '60s' });
    const waiting = Promise.withResolvers<void>();
    server.on('USER', () => {
      waiting.resolve();
      return true;
    });
    const pings: string[] = [];
    server.on('PING', ([token = '']) => {
      pings.push(token);
      return false;
    });
    const opening = gw.bridge.connect(key('romeo'), romeo, never);
    const far = await server.accept();
    await waiting.promise;
    for (let minutes = 0; minutes < 4; minutes++) gw.clock.advance(60_000);
    expect(gw.states).toEqual([]);
    far.send(':irc.fake 001 romeo :Welcome', ':irc.fake 422 romeo :No MOTD');
    await opening;
    expect(pings).not.toContain('alive');
  });

  // https://ircv3.net/specs/extensions/capability-negotiation, "The CAP LS subcommand", "The CAP NAK subcommand"
  it('reads a list of capabilities of several lines, and asks one by one for those that were refused together', async () => {
    await using server = await ircServer({ serve: true, caps: ['away-notify', 'unheard-of'] });
    await using gw = await rig(server);
    const asked: string[] = [];
    server.on('CAP', ([verb = '', list = ''], far) => {
      const names = list.trim();
      if (verb === 'LS') far.send(':irc.fake CAP * LS * :echo-message');
      if (verb === 'REQ') asked.push(names);
      if (verb === 'REQ') far.send(`:irc.fake CAP * ${names === 'away-notify' ? 'ACK' : 'NAK'} :${names}`);
      return verb === 'REQ';
    });
    await login(gw, server, 'romeo');
    expect(asked).toEqual(['echo-message away-notify', 'echo-message', 'away-notify']);
    expect(gw.states).toEqual([{ key: key('romeo'), state: { kind: 'online', nick: 'romeo' } }]);
  });

  it.each([
    [{ contact: 'admin@example.org' }, /^.+ \(admin@example\.org\)$/],
    [{ realname_from_jid: true }, /^romeo@xmpp\.example$/],
    [{ realname_from_jid: true, contact: 'admin@example.org' }, /^romeo@xmpp\.example \(admin@example\.org\)$/],
  ])('says the real name as the operator has set it: %j', async (settings, told) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, settings);
    let said = '';
    server.on('USER', (params) => {
      said = params.at(-1) ?? '';
      return false;
    });
    await login(gw, server, 'romeo');
    expect(said).toMatch(told);
  });
});

describe('the way to a server', () => {
  it('goes on to the next port, and tells so', async () => {
    const closed = await ircServer();
    await closed[Symbol.asyncDispose]();
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, {}, { port: [closed.port, server.port] });
    await login(gw, server, 'romeo');
    expect(gw.told('realm')).toMatchObject([
      { text: `Connecting to ${REALM} (not encrypted)` },
      { text: expect.stringMatching(/^Connection failed: /) },
      { text: `Connecting to ${REALM} (not encrypted)` },
      { text: 'Connected to FakeNet (not encrypted).' },
    ]);
  });

  it('begins at the address that the operator has set', async () => {
    const came = Promise.withResolvers<Socket>();
    const server = createServer(came.resolve).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using gw = await rig({ port }, { outgoing_address: '127.0.0.2' });
    const over = expect(gw.bridge.connect(key('romeo'), romeo, never)).rejects.toMatchObject({
      code: 'recipient-unavailable',
    });
    const socket = await came.promise;
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
    await over;
    server.close();
  });
});
