import { describe, expect, it } from 'vitest';
import { ircServer } from '../../fakes/irc-server.ts';
import { enter, join, key, login, type Rig, rig, say, shared } from './harness.ts';

const nurse = ':Nurse!n@host.fake';
const heard = (gw: Rig) => gw.told('shared').flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []));

describe('a hostile server', () => {
  it('may send short and senseless lines', async () => {
    await using server = await ircServer({ serve: true, caps: ['server-time'] });
    await using gw = await rig(server);
    const { far, session } = await enter(gw, server, 'romeo');
    gw.told('shared');
    const commands =
      'PRIVMSG NOTICE JOIN PART KICK QUIT NICK MODE TOPIC INVITE CAP BATCH WALLOPS PONG ERR 001 005 311 331 332 333 352 353 366 372 375 376 396 401 403 433 461 464 470 471 999'.split(
        ' ',
      );
    for (const command of commands) {
      for (const prefix of ['', ':x ', ':irc.fake ', `${nurse} `, ':romeo!u@h ']) {
        far.send(`${prefix}${command}`, `${prefix}${command} romeo`, `@;=;a ${prefix}${command} :`);
        if (!['PART', 'KICK', 'NICK'].includes(command))
          far.send(`${prefix}${command} #c`, `${prefix}${command} romeo #c`);
      }
    }
    far.send(
      '005 romeo CHANMODES :x',
      '005 x PREFIX= PREFIX=( PREFIX=(ov)@ CHANMODES CHANTYPES= :x',
      ':',
      '@',
      ' ',
      ':: ::',
      'CAP * LS',
      'CAP * ACK',
    );
    await far.sync();
    gw.told('shared');
    const one = say('romeo', shared('#c'), 'still here');
    gw.bridge.deliver(one, session);
    await far.until(/^PRIVMSG #c :still here$/);
    expect(gw.states.filter(({ state }) => state.kind === 'lost')).toEqual([]);
  });

  it('may send short lines while one logs in', async () => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const opening = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, new AbortController().signal);
    const far = await server.accept();
    far.send(
      'CAP',
      'CAP *',
      'CAP * LS',
      'CAP * ACK',
      'CAP * NAK',
      'CAP * NEW',
      '005',
      '433',
      '001',
      '376',
      ':irc.fake 001 romeo :hi',
      ':irc.fake 422 romeo :none',
    );
    await opening;
    expect(gw.states[0]?.state).toMatchObject({ kind: 'online', nick: 'romeo_' });
    far.kill();
    await gw.when(() => gw.states.length === 2);
  });

  it('has bytes that are no UTF-8 read as the fallback, characters cut by segments whole, CR and NUL removed', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, {}, { charset: 'iso-8859-15' });
    const { far } = await enter(gw, server, 'romeo');
    gw.told('shared');
    await far.sync();
    far.sendBytes(Buffer.from(`${nurse} PRIVMSG #c :caf\xe9 \xa4\n`, 'latin1'));
    far.sendBytes(Buffer.from(`${nurse} PRIVMSG #c :a\rb\0c\x01\x02d\r\n\r\n\n`, 'latin1'));
    const bytes = Buffer.from(`${nurse} PRIVMSG #c :x😀ß\n`);
    for (const byte of bytes) {
      far.sendBytes(Uint8Array.of(byte));
      await new Promise((done) => setImmediate(done));
    }
    await far.sync();
    expect(heard(gw)).toEqual(['café €', 'abcd', 'x😀ß']);
  });

  it.each([
    ['without an end', 'x'.repeat(64 * 1024)],
    ['with one', `:a PRIVMSG #c :${'x'.repeat(64 * 1024)}\r\n`],
  ])('is left when a line is too long, %s', async (_name, text) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await enter(gw, server, 'romeo');
    far.send(`${nurse} PRIVMSG #c :before`);
    far.sendBytes(Buffer.from(text));
    await far.closed;
    await gw.when(() => gw.states.length === 2);
    expect(gw.states[1]?.state).toMatchObject({
      kind: 'lost',
      failure: { code: 'policy-violation', message: 'The server sent a line that is too long.' },
    });
    expect(heard(gw)).toEqual(['before']);
  });

  it('loses no step of ours to news that cannot be told', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    gw.drafts.push = () => {
      throw new TypeError('a fault of ours');
    };
    await join(gw, both, 'romeo');
    both.far.send(`${nurse} JOIN #c`);
    await both.far.sync();
    Reflect.deleteProperty(gw.drafts, 'push');
    both.far.send(`${nurse} PRIVMSG #c :hark`, `${nurse} PART #c`);
    await both.far.sync();
    expect(gw.told('shared').map(({ kind }) => kind)).toEqual(['message', 'occupant']);
    expect(gw.logged.filter((line) => line.includes('were not taken'))).toHaveLength(2);
  });

  it('may redefine PREFIX, and list more names than a room holds here', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await login(gw, server, 'romeo');
    far.send(':s 005 romeo PREFIX=(Yov)!@+ CHANMODES=b,k,l,m :are supported', ':romeo!u@h JOIN #big');
    for (let n = 0; n < 100; n++)
      far.send(
        `:s 353 romeo = #big :${Array.from({ length: 2_000 }, (_, i) => `!n${n}x${i}`)
          .join(' ')
          .slice(0, 15_000)}`,
      );
    far.send(':s 366 romeo #big :End');
    await far.sync();
    const [list] = gw.told('shared');
    expect(list?.kind === 'occupants' && list.list.length).toBe(100_000);
    expect(list?.kind === 'occupants' && list.list[0]).toMatchObject({
      nick: 'n0x0',
      affiliation: 'admin',
      role: 'moderator',
    });
  });

  it('gets no more than a handful of answers to a flood', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await login(gw, server, 'romeo');
    for (let n = 0; n < 1000; n++)
      far.send(`${nurse} PRIVMSG romeo :\u0001VERSION\u0001`, `${nurse} PRIVMSG romeo :\u0001PING ${n}\u0001`);
    await far.sync();
    expect(far.unread).toHaveLength(3);
    gw.clock.advance(5_000);
    far.send(`${nurse} PRIVMSG romeo :\u0001VERSION\u0001`);
    for (let n = 0; n < 3; n++) await far.next();
    expect(await far.next()).toMatch(/^NOTICE Nurse :/);
  });
});
