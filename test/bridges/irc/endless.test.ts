// Whatever a server never ends has an end here, and whoever waits for it is answered.
import { describe, expect, it } from 'vitest';
import { type IrcConnection, type IrcServer, ircServer } from '../../fakes/irc-server.ts';
import { account, enter, event, join, key, login, REALM, type Rig, rig, shared } from './harness.ts';

const realm = { kind: 'realm', account: account('romeo'), realm: REALM } as const;
const never = new AbortController().signal;
const TIMEOUT = { code: 'remote-server-timeout' };

const texts = (gw: Rig): string[] =>
  gw.told('realm').flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []));

/** Lines that come every ten seconds for so long. */
async function drip({ gw, far }: { gw: Rig; far: IrcConnection }, seconds: number, line: (n: number) => string) {
  for (let at = 0; at < seconds; at += 10) {
    far.send(line(at));
    await far.sync();
    gw.clock.advance(10_000);
  }
}

function silent(server: IrcServer, ...commands: string[]): void {
  for (const command of commands) server.on(command, () => true);
}

describe('a server that never ends', () => {
  it.each([
    ['what it offers', (n: number) => `:irc.fake CAP * LS * :x${n} batch`],
    ['the challenges of services', () => `AUTHENTICATE ${'a'.repeat(400)}`],
    ['its message of the day', (n: number) => `:irc.fake 372 romeo :- ${n}`],
    ['its greeting', () => ':irc.fake 001 romeo :hi'],
    ['what it refuses', () => ':irc.fake CAP * NAK :batch message-tags'],
  ])('%s, at the login, is left when its time is over', async (_what, line) => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const refused = expect(gw.bridge.connect(key('romeo'), { nick: 'romeo' }, never)).rejects.toMatchObject(TIMEOUT);
    const far = await server.accept();
    await far.until(/^USER /);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 300; n++) far.send(line(n));
      await far.sync();
      gw.clock.advance(10_000);
    }
    await refused;
    await far.closed;
  });

  it('refusing capabilities is asked for each of them once more, alone, and for nothing else', async () => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const opening = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, never).catch(() => undefined);
    const far = await server.accept();
    await far.until(/^USER /);
    far.send(':irc.fake CAP * LS :batch message-tags');
    await far.until(/^CAP REQ :batch message-tags$/);
    for (let n = 0; n < 50; n++) far.send(':irc.fake CAP * NAK :batch message-tags');
    far.send(`:irc.fake CAP * NAK :${Array.from({ length: 500 }, (_, n) => `x${n}`).join(' ')}`);
    await far.sync();
    expect(far.unread.filter((line) => line.startsWith('CAP REQ'))).toEqual([
      'CAP REQ :batch',
      'CAP REQ :message-tags',
    ]);
    far.kill();
    await opening;
  });

  it('its list of channels lets whoever asked go after three minutes, and is asked again by the next', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far, session } = await login(gw, server, 'romeo');
    silent(server, 'LIST');
    const ask = () => gw.bridge.ask({ kind: 'rooms', realm: REALM, page: { max: 10 } }, session);
    const refused = expect(ask()).rejects.toMatchObject(TIMEOUT);
    await far.until(/^LIST$/);
    await drip({ gw, far }, 180, (n) => `:irc.fake 322 romeo #c${n} 1 :x`);
    await refused;
    void ask().catch(() => undefined);
    await far.until(/^LIST$/);
  });

  it.each([
    [
      'who somebody is',
      'WHOIS',
      { kind: 'profile', who: 'juliet', realm: REALM } as const,
      ':irc.fake 319 romeo juliet :#c',
    ],
    [
      'who is banned',
      'MODE',
      { kind: 'list', place: shared('#c'), affiliation: 'outcast' } as const,
      ':irc.fake 367 romeo #c a!*@*',
    ],
  ])('%s lets whoever asked go after half a minute', async (_what, command, query, line) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far, session } = await enter(gw, server, 'romeo');
    await far.sync();
    silent(server, command);
    const refused = expect(gw.bridge.ask(query, session)).rejects.toMatchObject(TIMEOUT);
    await far.until(new RegExp(`^${command}`));
    await drip({ gw, far }, 30, () => line);
    await refused;
  });

  it('who is in a channel lets whoever wants in go, and leaves', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    silent(server, 'JOIN', 'PART');
    gw.bridge.deliver(
      event('romeo', shared('#big'), {
        kind: 'occupant',
        change: 'join',
        who: { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'none' },
      }),
      both.session,
    );
    await both.far.until(/^JOIN #big$/);
    both.far.send(':romeo!u@h JOIN #big');
    await drip({ gw, ...both }, 50, (n) => `:irc.fake 353 romeo = #big :romeo n${n}`);
    await both.far.until(/^PART #big$/);
    expect(gw.settled.at(-1)?.outcome).toMatchObject(TIMEOUT);
  });

  it('its message of the day is told as far as it came', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far, session } = await login(gw, server, 'romeo');
    silent(server, 'MOTD');
    texts(gw);
    gw.bridge.deliver(event('romeo', realm, { kind: 'message', text: 'MOTD', style: 'plain' }), session);
    await far.until(/^MOTD$/);
    far.send(':irc.fake 375 romeo :- day', ':irc.fake 372 romeo :- one', ':irc.fake 372 romeo :- two');
    await far.sync();
    expect(texts(gw)).toEqual([]);
    gw.clock.advance(30_000);
    expect(texts(gw)).toEqual(['one\ntwo']);
    far.send(':irc.fake 372 romeo :- three', ':irc.fake 376 romeo :End');
    await far.sync();
    gw.clock.advance(60_000);
    expect(texts(gw)).toEqual(['three']);
  });

  it('a batch keeps nothing from whoever speaks outside of it', async () => {
    await using server = await ircServer({ serve: true, caps: ['batch', 'message-tags'] });
    await using gw = await rig(server);
    const { far, session } = await login(gw, server, 'romeo');
    await join(gw, { far, session }, 'romeo');
    gw.told('shared');
    far.send(':irc.fake BATCH +1 draft/multiline #c', '@batch=1 :juliet!j@h PRIVMSG #c :never');
    far.send(':juliet!j@h PRIVMSG #c :hark');
    await far.sync();
    expect(gw.told('shared').flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []))).toEqual(['hark']);
  });
});
