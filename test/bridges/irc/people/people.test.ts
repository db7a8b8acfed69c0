import { describe, expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import { type IrcConnection, ircServer } from '../../../fakes/irc-server.ts';
import { account, contact, event, key, login, REALM, type Rig, rig, shared } from '../harness.ts';

const MONITOR = 'CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=beI,k,l,imnpst MONITOR=2 NETWORK=FakeNet';
const realm: Place = { kind: 'realm', account: account('romeo'), realm: REALM };
const MINUTE = 60_000;

const watch = (nick: string, action: 'subscribe' | 'unsubscribe' = 'subscribe') =>
  event('romeo', contact('romeo', nick), { kind: 'contact', action });

/** Who was told to be how, since the last call. */
const seen = (gw: Rig): string[] =>
  gw
    .told('contact')
    .flatMap((one) =>
      one.kind === 'presence'
        ? `${one.place.kind === 'contact' ? one.place.id : ''} ${one.show} ${one.status ?? ''}`.trim()
        : [],
    );

async function romeo(options: { isupport?: string; caps?: readonly string[] } = {}) {
  const server = await ircServer({ serve: true, ...options });
  const gw = await rig(server);
  const both = await login(gw, server, 'romeo');
  await both.far.sync();
  return {
    gw,
    server,
    ...both,
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function line(far: IrcConnection): Promise<string> {
  return far.until(/^(?!PING|PRIVMSG)/);
}

describe('people who are watched', () => {
  it('are watched by MONITOR as far as the server lets us, and by ISON beyond', async () => {
    await using at = await romeo({ isupport: MONITOR, caps: ['away-notify'] });
    const { gw, far, session } = at;
    for (const nick of ['juliet', 'nurse', 'tybalt'])
      expect(gw.bridge.deliver(watch(nick), session)).toEqual({ ids: [], state: 'taken' });
    expect(await line(far)).toBe('MONITOR + juliet,nurse');
    expect(await line(far)).toBe('ISON :tybalt');
    far.send(
      ':irc.fake 730 romeo :Juliet!j@b.host',
      ':irc.fake 731 romeo :nurse',
      ':irc.fake 303 romeo :',
      ':Juliet!j@b.host AWAY :on the balcony',
      ':Juliet!j@b.host AWAY :on the balcony',
      ':Juliet!j@b.host PRIVMSG romeo :ay me',
      ':Juliet!j@b.host AWAY',
      ':Juliet!j@b.host NICK :Capulet',
    );
    await far.sync();
    expect(seen(gw)).toEqual([
      'juliet%net.example available',
      'nurse%net.example offline',
      'tybalt%net.example offline',
      'juliet%net.example away on the balcony',
      'juliet%net.example available',
      'juliet%net.example offline',
    ]);
    gw.bridge.deliver(watch('juliet', 'unsubscribe'), session);
    expect(await line(far)).toBe('MONITOR - Juliet');
    far.send(':irc.fake 730 romeo :Juliet!j@b.host');
    await far.sync();
    expect(seen(gw)).toEqual([]);
  });

  it('are asked for in rounds where there is no MONITOR, and are told only when they change', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    const many = Array.from({ length: 60 }, (_, index) => `person-${index}`);
    for (const nick of many) gw.bridge.deliver(watch(nick), session);
    const first = await line(far);
    expect(first.length).toBeLessThan(420);
    far.send(':irc.fake 303 romeo :Person-0 person-1');
    const second = await line(far);
    far.send(':irc.fake 303 romeo :');
    await far.sync();
    expect(`${first} ${second}`.replace(/ISON :/g, '').split(' ')).toEqual(many);
    expect(seen(gw)).toHaveLength(60);
    gw.clock.advance(MINUTE);
    expect(await line(far)).toBe(first);
    far.send(':irc.fake 303 romeo :person-1', ':irc.fake 301 romeo person-1 :gone fishing');
    await line(far);
    far.send(':person-1!u@h PRIVMSG romeo :back');
    await far.sync();
    expect(seen(gw)).toEqual([
      'person-0%net.example offline',
      'person-1%net.example away gone fishing',
      'person-1%net.example available',
    ]);
    far.kill();
    await gw.when(() => gw.states.at(-1)?.state.kind === 'lost');
    expect(seen(gw)).toEqual(['person-1%net.example offline']);
  });

  it('are so many at most, and a full list of the server is no end of it', async () => {
    await using at = await romeo({ isupport: MONITOR });
    const { gw, far, session } = at;
    gw.bridge.deliver(watch('juliet'), session);
    expect(await line(far)).toBe('MONITOR + juliet');
    far.send(':irc.fake 734 romeo 0 juliet :Monitor list is full.');
    expect(await line(far)).toBe('ISON :juliet');
    for (let index = 1; index < 1000; index++) gw.bridge.deliver(watch(`person-${index}`), session);
    expect(() => gw.bridge.deliver(watch('one-too-many'), session)).toThrow(Failure);
  });
});

describe('being away', () => {
  it('is said after a minute, being back at once, and nothing twice', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    // The server is not silent while time passes.
    const later = async (ms: number) => {
      gw.clock.advance(ms);
      await far.sync();
    };
    const am = (show: 'away' | 'xa' | 'available' | 'dnd', status?: string) =>
      gw.bridge.deliver(event('romeo', realm, { kind: 'presence', show, ...(status && { status }) }), session);
    am('away');
    await later(MINUTE - 1);
    am('available');
    await later(MINUTE);
    am('dnd');
    am('dnd');
    await later(MINUTE);
    expect(await line(far)).toBe('AWAY :Busy');
    am('dnd', 'in Mantua');
    await later(MINUTE);
    expect(await line(far)).toBe('AWAY :in Mantua');
    am('available');
    expect(await line(far)).toBe('AWAY');
    await far.sync();
    expect(far.unread).toEqual([]);
  });
});

describe('the nick that was wanted', () => {
  it('is got back once it is free, at most once a minute', async () => {
    await using server = await ircServer({ serve: true, isupport: MONITOR });
    await using gw = await rig(server);
    await login(gw, server, 'other', 'romeo');
    const { far } = await login(gw, server, 'romeo');
    expect(gw.states.at(-1)?.state).toEqual({ kind: 'online', nick: 'romeo_', wanted: 'romeo' });
    expect(await line(far)).toBe('MONITOR + romeo');
    far.send(':irc.fake 731 romeo_ :romeo');
    expect(await line(far)).toBe('NICK romeo');
    // The fake server has refused it, because it is still taken: nobody is told.
    await far.sync();
    expect(gw.told('realm').map((one) => (one.kind === 'message' ? one.text : ''))).not.toContainEqual(
      expect.stringContaining('in use'),
    );
    gw.clock.advance(MINUTE - 1);
    await far.sync();
    expect(far.unread.filter((text) => text.startsWith('NICK'))).toEqual([]);
    server.on('NICK', ([nick = ''], connection) => {
      connection.send(`:romeo_!u@host.fake NICK :${nick}`);
      return true;
    });
    gw.clock.advance(1);
    expect(await line(far)).toBe('NICK romeo');
    await gw.when(() => {
      const last = gw.states.at(-1)?.state;
      return last?.kind === 'online' && last.nick === 'romeo' && last.wanted === undefined;
    });
    expect(await line(far)).toBe('MONITOR - romeo');
  });

  it('is another one after its user has chosen another one', async () => {
    await using server = await ircServer({ serve: true, isupport: MONITOR });
    await using gw = await rig(server);
    await login(gw, server, 'other', 'romeo');
    const { far, session } = await login(gw, server, 'romeo');
    expect(await line(far)).toBe('MONITOR + romeo');
    gw.bridge.deliver(event('romeo', contact('romeo', 'x'), { kind: 'nick', wanted: 'montague' }), session);
    expect(await line(far)).toBe('NICK montague');
    expect(await line(far)).toBe('MONITOR - romeo');
    far.send(':irc.fake 731 montague :romeo');
    await far.sync();
    expect(far.unread.filter((text) => text.startsWith('NICK'))).toEqual([]);
  });
});

describe('questions about people', () => {
  it('WHOIS makes a profile, and its lines are nobody’s chat', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    gw.told('realm');
    const asked = gw.bridge.ask({ kind: 'profile', realm: REALM, who: 'Juliet' }, session);
    expect(await line(far)).toBe('WHOIS Juliet');
    far.send(
      ':irc.fake 311 romeo Juliet j b.host * :Juliet \u0002Capulet',
      ':irc.fake 319 romeo Juliet :@#verona',
      ':irc.fake 330 romeo Juliet capulet :is logged in as',
      ':irc.fake 671 romeo Juliet :is using a secure connection',
      ':irc.fake 318 romeo Juliet :End of /WHOIS list.',
    );
    expect(await asked).toEqual({
      kind: 'profile',
      name: 'Juliet Capulet',
      facts: { address: 'j@b.host', name: 'Juliet Capulet', channels: '@#verona', account: 'capulet', secure: 'yes' },
    });
    expect(gw.told('realm')).toEqual([]);
  });

  it('that several ask at once are asked once, whatever the spelling', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    const profile = (who: string) => gw.bridge.ask({ kind: 'profile', realm: REALM, who }, session);
    const all = ['juliet', 'JULIET', 'juliet'].map(profile);
    expect(await line(far)).toBe('WHOIS juliet');
    far.send(':irc.fake 311 romeo Juliet j b.host * :Capulet', ':irc.fake 318 romeo Juliet :End of /WHOIS list.');
    const [first, ...others] = await Promise.all(all);
    expect(first).toMatchObject({ kind: 'profile', name: 'Capulet' });
    expect(others).toEqual([first, first]);
    // Whoever asks afterwards asks anew, and what refuses one refuses all.
    const later = ['juliet', 'Juliet'].map((who) =>
      expect(profile(who)).rejects.toMatchObject({ code: 'item-not-found' }),
    );
    expect(await line(far)).toBe('WHOIS juliet');
    far.send(':irc.fake 401 romeo juliet :No such nick');
    await Promise.all(later);
  });

  it('time out, fail with the line, and are not endless', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    const nicks = Array.from({ length: 20 }, (_, index) => `friend${index}`);
    const profile = (who: string) => gw.bridge.ask({ kind: 'profile', realm: REALM, who }, session);
    const late = nicks.map((who) => expect(profile(who)).rejects.toMatchObject({ code: 'remote-server-timeout' }));
    await expect(profile('juliet')).rejects.toMatchObject({ code: 'queue-full' });
    gw.clock.advance(30_000);
    await Promise.all(late);
    const asked = [
      gw.bridge.ask({ kind: 'version', realm: REALM, who: 'juliet' }, session),
      gw.bridge.ask({ kind: 'rooms', realm: REALM, page: { max: 10 } }, session),
    ];
    const failed = Promise.all(asked.map((one) => expect(one).rejects.toBeInstanceOf(Failure)));
    far.kill();
    await failed;
    await expect(gw.bridge.ask({ kind: 'version', ...key('romeo'), who: 'juliet' })).rejects.toMatchObject({
      code: 'recipient-unavailable',
    });
  });
});

describe('lines to the server', () => {
  it.each([
    '',
    ':x y',
    'CAP LS',
    'pass x',
    '/user a',
    'PONG :barrier-9',
    'MONITOR C',
    '12',
    `PRIVMSG x :${'a'.repeat(510)}`,
  ])('refuses %s', async (text) => {
    await using at = await romeo();
    const { gw, session } = at;
    const one = event('romeo', realm, { kind: 'message', text, style: 'plain' });
    expect(() => gw.bridge.deliver(one, session)).toThrow(Failure);
  });

  it('QUIT is the end of the session, and no reason to come back', async () => {
    await using at = await romeo();
    const { gw, far, session } = at;
    gw.bridge.deliver(event('romeo', realm, { kind: 'message', text: 'QUIT :adieu', style: 'plain' }), session);
    expect(await line(far)).toBe('QUIT :adieu');
    await gw.when(() => gw.states.at(-1)?.state.kind === 'lost');
    expect(gw.states.at(-1)?.state).toMatchObject({ failure: { code: 'not-allowed' } });
  });
});

describe('names on a server that tells [ from {', () => {
  it('are written as they were seen, and each of two has an address of its own, which it keeps', async () => {
    await using at = await romeo({ isupport: `${MONITOR} CASEMAPPING=ascii` });
    const { gw, far, session } = at;
    const say = (text: string) =>
      gw.bridge.deliver(event('romeo', contact('romeo', 'bob{'), { kind: 'message', text, style: 'plain' }), session);
    far.send(':Bob[!b@h PRIVMSG romeo :hi');
    await far.sync();
    say('to you');
    expect(await far.until(/^PRIVMSG/)).toBe('PRIVMSG Bob[ :to you');
    far.send(':bob{!b@h PRIVMSG romeo :me too');
    await far.sync();
    const told = gw.told('contact').map(({ place }) => place.kind === 'contact' && place.id);
    expect(told).toEqual([`bob{%${REALM}`, `bob=7b%${REALM}`]);
    far.send(':Bob[!b@h QUIT :bye');
    await far.sync();
    say('to you, too');
    expect(await far.until(/^PRIVMSG/)).toBe('PRIVMSG Bob[ :to you, too');
    const other = contact('romeo', 'bob=7b');
    gw.bridge.deliver(event('romeo', other, { kind: 'message', text: 'to the other', style: 'plain' }), session);
    expect(await far.until(/^PRIVMSG/)).toBe('PRIVMSG bob{ :to the other');
    at.server.on('LIST', () => true);
    const list = gw.bridge.ask({ kind: 'rooms', realm: REALM, page: { max: 9 } }, session);
    await far.until(/^LIST/);
    far.send(':irc.fake 322 romeo #a[ 3 :x', ':irc.fake 323 romeo :End');
    expect((await list).list).toMatchObject([{ id: `#a{%${REALM}`, name: '#a[' }]);
    const who = { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant' } as const;
    gw.bridge.deliver(event('romeo', shared('#a{'), { kind: 'occupant', change: 'join', who }), session);
    expect(await far.until(/^JOIN/)).toBe('JOIN #a[');
  });
});
