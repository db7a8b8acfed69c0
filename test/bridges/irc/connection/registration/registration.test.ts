import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ircServer } from '../../../../fakes/irc-server.ts';
import { key, login, REALM, type Rig, rig } from '../../harness.ts';

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
    await using far = await rawServer();
    await using gw = await rig(far, { outgoing_address: '127.0.0.2' });
    const over = refused(gw);
    const socket = await far.came;
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
    await over;
  });

  // RFC 1413 §3
  it('is known to the identd, which says as whom USER registers', async () => {
    await using far = await rawServer();
    await using gw = await rig(far, { identd: { listen: '127.0.0.1:113' } });
    const over = refused(gw);
    const socket = await far.came;
    const user = await said(socket, /USER (\S+)/);
    const query = connect(gw.listening[0] ?? 0, '127.0.0.1');
    query.write(`${socket.remotePort} , ${far.port}\r\n`);
    expect(await said(query, /(.+)\r\n/)).toBe(`${socket.remotePort} , ${far.port} : USERID : UNIX : ${user}`);
    socket.destroy();
    await over;
  });
});

/** A server that says nothing. */
async function rawServer() {
  const came = Promise.withResolvers<Socket>();
  const server = createServer(came.resolve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, came: came.promise, [Symbol.asyncDispose]: async () => void server.close() };
}

/** What of the text that comes is in the first brackets, once it is there. */
async function said(socket: Socket, wanted: RegExp): Promise<string | undefined> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const found = wanted.exec(text);
    if (found) return found[1];
  }
  throw new Error(`it ended after ${text}`);
}

/** A login that its server hangs up on. */
const refused = (gw: Rig): Promise<void> =>
  expect(gw.bridge.connect(key('romeo'), romeo, never)).rejects.toMatchObject({ code: 'recipient-unavailable' });
