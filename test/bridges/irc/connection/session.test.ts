import { describe, expect, it } from 'vitest';
import type { Settings } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type IrcServer, ircServer } from '../../../fakes/irc-server.ts';
import { account, contact, enter, event, join, key, login, REALM, type Rig, rig, say, shared } from '../harness.ts';

const never = new AbortController().signal;
const texts = (gw: Rig) => gw.told('realm').map((draft) => (draft.kind === 'message' ? draft.text : draft.kind));
const outcome = async (gw: Rig, id: string) => {
  await gw.when(() => gw.settled.some((one) => one.id === id));
  return gw.settled.find((one) => one.id === id)?.outcome;
};

/** Answers NICK with a numeric until `times` is used up. */
function refuseNick(server: IrcServer, numeric: string, times: number): string[] {
  const asked: string[] = [];
  server.on('NICK', ([nick = ''], far) => {
    asked.push(nick);
    if (asked.length > times) return false;
    far.send(`:irc.fake ${numeric} * ${nick} :Not this one`);
    far.nick = '';
    return true;
  });
  return asked;
}

describe('logging in', () => {
  it('tells how it goes and what the network calls us', async () => {
    await using server = await ircServer({ serve: true, caps: ['echo-message', 'tls', 'sasl'] });
    await using gw = await rig(server);
    server.on('CAP', ([verb, list]) => {
      if (verb === 'REQ') expect(list?.trim()).toBe('echo-message');
      return false;
    });
    const { session } = await login(gw, server, 'romeo');
    expect(session).toMatchObject({ account: account('romeo'), realm: REALM });
    expect(gw.states).toEqual([{ key: key('romeo'), state: { kind: 'online', nick: 'romeo' } }]);
    expect(texts(gw)).toEqual([`Connecting to ${REALM} (not encrypted)`, 'Connected to FakeNet (not encrypted).']);
  });

  it('is begun anew by who asks again before an attempt that was given up has ended', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const settings = Promise.withResolvers<Settings>();
    gw.chosen.values = settings.promise;
    const giveUp = new AbortController();
    const first = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, giveUp.signal);
    giveUp.abort();
    const second = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, never);
    settings.resolve({});
    await expect(first).rejects.toThrow('given up');
    expect(await second).toMatchObject(key('romeo'));
  });

  it.each(['433', '437', '436'])('tries other nicks after %s', async (numeric) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const asked = refuseNick(server, numeric, 5);
    await login(gw, server, 'romeo');
    expect(asked).toEqual(['romeo', 'romeo_', 'romeo__', 'romeo___', 'romeo____', 'romeo5']);
    expect(gw.states[0]?.state).toMatchObject({ nick: 'romeo5' });
  });

  it('shortens a nick that is refused as malformed', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const asked = refuseNick(server, '432', 1);
    await login(gw, server, 'someone', '1 véry löng name');
    expect(asked).toEqual(['_1_very_long_name', '_1_very_l']);
  });

  it.each([
    [':irc.fake 433 * x :Taken', 'nick-conflict'],
    [':irc.fake 432 * x :Erroneous Nickname', 'not-acceptable'],
    [':irc.fake 464 x :Password incorrect', 'password-required'],
    ['ERROR :Closing link: Z-Lined (spam)', 'banned'],
    ['ERROR :Trying to reconnect too fast', 'too-fast'],
    ['ERROR :Closing link: Z-Lined (Too many connections, wait a while)', 'too-fast'],
    ['ERROR :Your host is trying to (re)connect too fast -- throttled', 'too-fast'],
    ['ERROR :Your IP range has been attempting to connect too many times in too short a duration.', 'too-fast'],
    ['ERROR :Connection refused, too many connections from your IP address!', 'queue-full'],
    ['ERROR :Too many host connections (local)', 'queue-full'],
    ['ERROR :Closing Link: (u@h) [Invalid username]', 'not-permitted'],
    ['ERROR :Closing Link: (u@h) [Authentication failure.]', 'not-permitted'],
    ['ERROR :Closing Link: h (Registration timed out)', 'recipient-unavailable'],
    ['ERROR :Server is going down', 'recipient-unavailable'],
  ])('gives up on %s', async (line, code) => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const opening = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, never);
    const refused = expect(opening).rejects.toMatchObject({ code });
    const far = await server.accept();
    for (let tries = 0; tries < 10; tries++) far.send(line);
    await refused;
    expect(texts(gw).at(-1)).toMatch(/^Connection failed: /);
    await expect(gw.bridge.connect({ ...key('romeo'), realm: 'other.example' }, {}, never)).rejects.toMatchObject({
      code: 'not-allowed',
    });
  });

  it.each([
    ['You are K-lined', 'banned'],
    // A ban of InspIRCd's connectban, which is of all who come from here.
    ['Your IP range has been attempting to connect too many times in too short a duration.', 'too-fast'],
  ])('leaves a server that says that it keeps us out and does not hang up: %s', async (said, code) => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const opening = gw.bridge.connect(key('romeo'), { nick: 'romeo' }, never);
    const refused = expect(opening).rejects.toMatchObject({ code });
    const far = await server.accept();
    for (let tries = 0; tries < 10; tries++) far.send(`:irc.fake 465 x :${said}`);
    await far.sync();
    gw.clock.advance(2_000);
    await refused;
    await far.closed;
    expect(texts(gw)).toEqual([
      expect.stringMatching(/^Connecting to /),
      `Connection failed: ${REALM} lets nobody in from here: ${said}`,
    ]);
  });

  it('gives up when the server says nothing, when it hangs up, and when it is told to', async () => {
    await using server = await ircServer();
    await using gw = await rig(server);
    const silent = expect(gw.bridge.connect(key('a'), {}, never)).rejects.toMatchObject({
      code: 'remote-server-timeout',
    });
    await (await server.accept()).until(/^USER /);
    gw.clock.advance(30_000);
    await silent;
    const closed = expect(gw.bridge.connect(key('a'), {}, never)).rejects.toMatchObject({
      code: 'recipient-unavailable',
    });
    (await server.accept()).end();
    await closed;
    const stop = new AbortController();
    const told = expect(gw.bridge.connect(key('a'), {}, stop.signal)).rejects.toMatchObject({
      code: 'recipient-unavailable',
    });
    await server.accept();
    stop.abort();
    await told;
  });

  it('says that a port refuses connections', async () => {
    const server = await ircServer();
    await server[Symbol.asyncDispose]();
    await using gw = await rig(server);
    await expect(gw.bridge.connect(key('a'), {}, never)).rejects.toMatchObject({ code: 'remote-server-timeout' });
  });
});

describe('towards IRC', () => {
  it('sends messages, actions and notices and settles them by a barrier', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    await login(gw, server, 'juliet');
    const sent = [
      say('romeo', shared('#c'), ':) hi'),
      say('romeo', shared('#c'), 'waves', 'action'),
      say('romeo', contact('romeo', 'juliet'), 'psst', 'notice'),
      say('romeo', contact('romeo', 'nobody'), 'psst'),
    ];
    for (const one of sent) expect(gw.bridge.deliver(one, session)).toEqual({ ids: [], state: 'written' });
    expect(await far.next()).toBe('PRIVMSG #c ::) hi');
    expect(await far.next()).toBe('PRIVMSG #c :\u0001ACTION waves\u0001');
    // Notices go behind what is said.
    expect(await far.next()).toBe('PRIVMSG nobody :psst');
    expect(await far.next()).toBe('NOTICE juliet :psst');
    for (const one of sent.slice(0, 3)) expect(await outcome(gw, one.id)).toEqual({ ids: [], state: 'taken' });
    expect(await outcome(gw, sent[3]?.id ?? '')).toMatchObject({
      code: 'item-not-found',
      foreign: '401 No such nick/channel',
    });
    expect(gw.settled).toHaveLength(5);
  });

  it('settles by the echo where there is one, with the id of the network', async () => {
    await using server = await ircServer({ serve: true, caps: ['echo-message', 'message-tags'] });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    server.on('PRIVMSG', ([to, text], peer) => {
      peer.send(`@msgid=m-${text} :romeo!u@host PRIVMSG ${to} :${text}`);
      return true;
    });
    const [one, two] = [say('romeo', shared('#c'), 'one'), say('romeo', shared('#c'), 'two')];
    gw.bridge.deliver(one, session);
    gw.bridge.deliver(two, session);
    expect(await outcome(gw, two.id)).toEqual({ ids: ['m-two'], state: 'taken' });
    expect(await outcome(gw, one.id)).toEqual({ ids: ['m-one'], state: 'taken' });
    await far.sync();
    expect(gw.told('shared').some((draft) => draft.kind === 'message')).toBe(false);
  });

  it('proves with a PING what a server does not echo', async () => {
    await using server = await ircServer({ serve: true, caps: ['echo-message'] });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    server.on('PRIVMSG', () => true);
    const one = say('romeo', shared('#c'), 'one');
    gw.bridge.deliver(one, session);
    await far.until(/^PRIVMSG/);
    await far.sync();
    gw.clock.advance(5_000);
    expect(await outcome(gw, one.id)).toMatchObject({ state: 'taken' });
  });

  it.each([
    ['403', 'item-not-found'],
    ['405', 'not-allowed'],
    ['437', 'recipient-unavailable'],
    ['471', 'room-full'],
    ['473', 'members-only'],
    ['474', 'banned'],
    ['475', 'password-required'],
    ['476', 'jid-malformed'],
    ['477', 'members-only'],
    ['489', 'policy-violation'],
    ['520', 'not-permitted'],
  ])('a join that is refused with %s fails with %s', async (numeric, code) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    server.on('JOIN', ([name], far) => {
      far.send(`:irc.fake ${numeric} romeo ${name} :Cannot join`);
      return true;
    });
    expect(await join(gw, both, 'romeo')).toMatchObject({ code, foreign: `${numeric} Cannot join`, certain: true });
    expect(gw.told('shared')).toEqual([]);
  });

  it('a join that is sent elsewhere says where, and does not stay there', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    server.on('JOIN', (_params, far) => {
      far.send(':irc.fake 470 romeo #c ##Other :Forwarding to another channel', ':romeo!u@h JOIN ##Other');
      return true;
    });
    expect(await join(gw, both, 'romeo')).toMatchObject({ code: 'gone', address: `##other%${REALM}` });
    expect(await both.far.next()).toBe('PART ##Other');
  });

  it('a short 461 fails the command that it names', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    server.on('JOIN', (_params, far) => {
      far.send(':irc.fake 461 romeo JOIN :Not enough parameters');
      return true;
    });
    expect(await join(gw, both, 'romeo')).toMatchObject({ code: 'not-acceptable' });
  });

  it('nick, subject and leaving are settled by what comes back', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    await login(gw, server, 'juliet');
    gw.told('shared');
    const self = {
      id: 'romeo',
      nick: 'romeo',
      affiliation: 'admin',
      role: 'moderator',
      account: account('romeo'),
    } as const;
    const taken = event('romeo', shared('#c'), { kind: 'nick', wanted: 'juliet' });
    const nick = event('romeo', shared('#c'), { kind: 'nick', wanted: 'Romeo M' });
    const topic = event('romeo', shared('#c'), { kind: 'topic', text: 'two\r\nlines' });
    const leave = event('romeo', shared('#c'), { kind: 'occupant', change: 'leave', who: self, reason: 'good\nnight' });
    for (const one of [taken, nick, topic, leave]) gw.bridge.deliver(one, session);
    expect(await outcome(gw, taken.id)).toMatchObject({ code: 'nick-conflict' });
    for (const one of [nick, topic, leave]) expect(await outcome(gw, one.id)).toMatchObject({ state: 'taken' });
    expect(['NICK juliet', 'NICK Romeo_M', 'TOPIC #c :two lines', 'PART #c :good night']).toEqual([...far.unread]);
    expect(gw.told('shared')).toMatchObject([
      { kind: 'occupant', change: 'rename', who: self, nick: 'Romeo_M', newId: 'romeo_m' },
      { kind: 'topic', text: 'two lines', by: 'Romeo_M' },
      { kind: 'occupant', change: 'leave', who: { ...self, id: 'romeo_m', nick: 'Romeo_M' }, reason: 'good night' },
    ]);
    expect(gw.states.at(-1)?.state).toEqual({ kind: 'online', nick: 'Romeo_M' });
  });

  it('what the real prefix leaves of a line fits, and one byte more does not', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    const size = gw.bridge.narrow?.(shared('#c'), session).text.size ?? 0;
    expect(size).toBe(512 - 2 - ':romeo!u@host.fake PRIVMSG #c :'.length - 9);
    gw.bridge.deliver(say('romeo', shared('#c'), 'x'.repeat(size), 'action'), session);
    await far.next();
    expect(() => gw.bridge.deliver(say('romeo', shared('#c'), 'x'.repeat(size + 1), 'action'), session)).toThrow(
      Failure,
    );
  });

  it.each(['a\r\nQUIT', 'a\nb', 'a\0b', '\u0001DCC SEND x 1 2 3\u0001', ''])('refuses the text %j', async (text) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    expect(() => gw.bridge.deliver(say('romeo', shared('#c'), text), session)).toThrow(Failure);
    await far.sync();
    expect(far.unread).toEqual([]);
  });

  it.each([
    `#a,#b%${REALM}`,
    `#c x%${REALM}`,
    `#c,0%${REALM}`,
    `a\r\nQUIT%${REALM}`,
    `#c%other.example`,
    REALM,
    `:x%${REALM}`,
  ])('refuses the target %j', async (id) => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    const place = { ...shared('#c'), id } as never;
    const who = { id: 'x', nick: 'x', affiliation: 'none', role: 'none' } as const;
    for (const bad of [
      say('romeo', place, 'x'),
      event('romeo', place, { kind: 'occupant', change: 'join', who }),
      event('romeo', place, { kind: 'topic', text: 'x' }),
    ]) {
      expect(() => gw.bridge.deliver(bad, session)).toThrow(Failure);
    }
    await far.sync();
    expect(far.unread).toEqual([]);
  });

  it('keeps to the throttle, and answers PING past it', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, {}, { throttle: { burst: 3, per_second: 2 } });
    const { session, far } = await login(gw, server, 'romeo');
    for (let n = 0; n < 6; n++) gw.bridge.deliver(say('romeo', contact('romeo', 'x'), `${n}`), session);
    for (let n = 0; n < 3; n++) expect(await far.next()).toBe(`PRIVMSG x :${n}`);
    await far.sync();
    expect(far.unread).toEqual([]);
    gw.clock.advance(500);
    expect(await far.next()).toBe('PRIVMSG x :3');
    await far.sync();
    expect(far.unread).toEqual([]);
    // The PING that proves these four counts as one.
    gw.clock.advance(500);
    await far.sync();
    expect(far.unread).toEqual([]);
    gw.clock.advance(500);
    expect(await far.next()).toBe('PRIVMSG x :4');
  });

  it('refuses more than the queue holds, and settles what waits when it stops', async () => {
    await using server = await ircServer({ serve: true });
    const gw = await rig(server, {}, { throttle: { burst: 1, per_second: 0.1 } });
    const { session, far } = await login(gw, server, 'romeo');
    const accepted: string[] = [];
    const fill = () => {
      for (let n = 0; n < 2000; n++) {
        const one = say('romeo', contact('romeo', 'x'), `${n}`);
        gw.bridge.deliver(one, session);
        accepted.push(one.id);
      }
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'queue-full' }));
    expect(accepted).toHaveLength(500);
    await gw[Symbol.asyncDispose]();
    expect(await far.until(/^QUIT/)).toBe('QUIT :The gateway is stopping');
    expect(new Set(gw.settled.map(({ id }) => id))).toEqual(new Set(accepted));
    expect(
      gw.settled.filter(
        ({ outcome: result }) => result instanceof Failure && result.code === 'stopping' && result.certain,
      ).length,
    ).toBeGreaterThanOrEqual(498);
    expect(gw.states).toHaveLength(1);
    await expect(gw.bridge.connect(key('romeo'), {}, never)).rejects.toMatchObject({ code: 'stopping' });
  });
});

describe('the line', () => {
  it('is given up when the server falls silent', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await login(gw, server, 'romeo');
    server.on('PING', () => true);
    await far.sync();
    gw.clock.advance(60_000);
    gw.clock.advance(60_000);
    gw.clock.advance(60_000);
    await far.closed;
    await gw.when(() => gw.states.length === 2);
    expect(gw.states[1]?.state).toMatchObject({ kind: 'lost', failure: { code: 'remote-server-timeout' } });
  });

  it('leaves what was written in doubt when it breaks', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    server.on('PRIVMSG', () => true);
    server.on('PING', () => true);
    const one = say('romeo', shared('#c'), 'one');
    gw.bridge.deliver(one, session);
    await far.until(/^PRIVMSG/);
    far.send('ERROR :Closing LineSocket: killed');
    far.end();
    expect(await outcome(gw, one.id)).toMatchObject({ code: 'recipient-unavailable', certain: false });
    await gw.when(() => gw.states.length === 2);
    expect(gw.states[1]?.state).toMatchObject({
      kind: 'lost',
      failure: { foreign: 'ERROR Closing LineSocket: killed' },
    });
    expect(() => gw.bridge.deliver(one, session)).toThrow(expect.objectContaining({ code: 'recipient-unavailable' }));
  });

  it('is one for an account and server, and measures its round trip', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session } = await login(gw, server, 'romeo');
    expect(await gw.bridge.connect(key('romeo'), { nick: 'other' }, never)).toBe(session);
    expect(await gw.bridge.ask({ kind: 'ping', realm: REALM }, session)).toEqual({ kind: 'ping', ms: 0 });
    await session.close('left');
    expect(gw.states).toHaveLength(1);
    await login(gw, server, 'romeo');
    expect(server.connections).toHaveLength(1);
  });

  it('stops reading while paused', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await login(gw, server, 'romeo');
    gw.told('realm');
    gw.bridge.pause(true);
    far.send(':irc.fake NOTICE romeo :held');
    gw.clock.advance(300_000);
    expect(gw.states).toHaveLength(1);
    gw.bridge.pause(false);
    await gw.when(() => gw.drafts.length === 1);
    expect(texts(gw)).toEqual(['held']);
  });
});
