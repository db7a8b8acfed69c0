import { describe, expect, it } from 'vitest';
import { type IrcConnection, type IrcServer, ircServer } from '../../../fakes/irc-server.ts';
import { account, enter, event, login, REALM, type Rig, rig, say, shared } from '../harness.ts';

const realm = { kind: 'realm', account: account('romeo'), realm: REALM } as const;
const SECONDS_30 = 30_000;

/** Romeo is in #c; what is written about modes, and to whom, only the test answers. */
async function romeo() {
  const server = await ircServer({ serve: true });
  const gw = await rig(server);
  const both = await enter(gw, server, 'romeo');
  await both.far.sync();
  silence(server, 'MODE', 'LIST', 'WHOIS', 'NAMES', 'PRIVMSG');
  gw.told('realm');
  return {
    gw,
    answer: inOrder(server, both.far),
    ...both,
    raw: (text: string) =>
      gw.bridge.deliver(event('romeo', realm, { kind: 'message', text, style: 'plain' }), both.session),
    bans: () =>
      gw.bridge
        .ask({ kind: 'list', place: shared('#c'), affiliation: 'outcast' }, both.session)
        .then(({ list }) => list.map((one) => (one.kind === 'network' ? one.id : ''))),
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A server answers a PING behind what it had to say to the lines before: the test says that, then it does. */
function inOrder(server: IrcServer, far: IrcConnection): (...lines: readonly string[]) => Promise<void> {
  const pongs: string[] = [];
  server.on('PING', ([token = '']) => pongs.push(`:irc.fake PONG irc.fake :${token}`) > 0);
  return (...lines) => {
    far.send(...lines, ...pongs.splice(0));
    return far.sync();
  };
}

function silence(server: IrcServer, ...commands: readonly string[]): void {
  for (const command of commands) server.on(command, () => true);
}

const told = (gw: Rig): string[] => gw.told('realm').flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []));

describe('the book of questions', () => {
  it('joins equal questions under way, and asks anew afterwards', async () => {
    await using at = await romeo();
    const both = [at.bans(), at.bans()];
    await at.far.until(/^MODE #c b$/);
    await at.answer(':irc.fake 367 romeo #c a!*@*', ':irc.fake 368 romeo #c :End');
    expect(await Promise.all(both)).toEqual([['a!*@*'], ['a!*@*']]);
    const later = at.bans();
    await at.far.until(/^MODE #c b$/);
    await at.answer(':irc.fake 368 romeo #C :End');
    expect(await later).toEqual([]);
    expect(told(at.gw)).toEqual([]);
  });

  it('has a limit for each kind', async () => {
    await using at = await romeo();
    const version = (who: string) => at.gw.bridge.ask({ kind: 'version', realm: REALM, who }, at.session);
    const open = Array.from({ length: 20 }, (_, index) =>
      expect(version(`friend${index}`)).rejects.toMatchObject({ code: 'remote-server-timeout' }),
    );
    await expect(version('juliet')).rejects.toMatchObject({ code: 'queue-full' });
    const bans = at.bans();
    await at.far.until(/^MODE #c b$/);
    await at.answer(':irc.fake 368 romeo #c :End');
    expect(await bans).toEqual([]);
    at.gw.clock.advance(SECONDS_30);
    await Promise.all(open);
  });

  it('has patience for each question from its own beginning, for a list from its last line', async () => {
    await using at = await romeo();
    const bans = expect(at.bans()).rejects.toMatchObject({ code: 'remote-server-timeout' });
    const rooms = at.gw.bridge.ask({ kind: 'rooms', realm: REALM, page: { max: 10 } }, at.session);
    await at.far.until(/^LIST$/);
    at.gw.clock.advance(20_000);
    await at.answer(':irc.fake 322 romeo #c 2 :');
    at.gw.clock.advance(10_000);
    await bans;
    at.gw.clock.advance(19_000);
    await at.answer(':irc.fake 323 romeo :End');
    expect(await rooms).toMatchObject({ count: 1 });
  });

  it('fails with the connection, for the reason that this has', async () => {
    await using at = await romeo();
    const all = [
      at.bans(),
      at.gw.bridge.ask({ kind: 'ping', realm: REALM }, at.session),
      at.gw.bridge.ask({ kind: 'rooms', realm: REALM, page: { max: 10 } }, at.session),
    ].map((one) => expect(one).rejects.toMatchObject({ code: 'recipient-unavailable' }));
    at.far.kill();
    await Promise.all(all);
  });

  it('gives a refusal to what was written first: an event or a question', async () => {
    await using at = await romeo();
    const mode = event('romeo', shared('#c'), { kind: 'room', change: 'config', answer: { moderated: ['1'] } });
    at.gw.bridge.deliver(mode, at.session);
    const bans = at.bans();
    const refused = expect(bans).rejects.toMatchObject({
      code: 'not-permitted',
      foreign: expect.stringMatching(/second/),
    });
    await at.far.until(/^MODE #c b$/);
    await at.answer(':irc.fake 482 romeo #c :first', ':irc.fake 482 romeo #c :second');
    await refused;
    expect(at.gw.settled.find(({ id }) => id === mode.id)?.outcome).toMatchObject({
      code: 'not-permitted',
      foreign: expect.stringMatching(/first/),
    });
    const again = expect(at.bans()).rejects.toMatchObject({ foreign: expect.stringMatching(/first/) });
    await at.far.until(/^MODE #c b$/);
    at.gw.bridge.deliver(
      event('romeo', shared('#c'), { kind: 'room', change: 'config', answer: { moderated: ['1'] } }),
      at.session,
    );
    await at.far.until(/^MODE #c \+m$/);
    await at.answer(':irc.fake 482 romeo #c :first');
    await again;
    expect(told(at.gw)).toEqual([]);
  });

  it('answers in the order of asking, people and the gateway alike', async () => {
    await using at = await romeo();
    at.raw('MODE #c b');
    const bans = at.bans();
    at.raw('/mode #c +b');
    await at.far.until(/^mode #c \+b$/);
    await at.answer(
      ...['one!*@*', 'two!*@*', 'three!*@*'].flatMap((mask) => [
        `:irc.fake 367 romeo #c ${mask}`,
        ':irc.fake 368 romeo #c :End',
      ]),
    );
    expect(await bans).toEqual(['two!*@*']);
    expect(told(at.gw)).toEqual(['#c one!*@*', '#c End', '#c three!*@*', '#c End']);
  });

  it('shows a person all of an answer and what follows it, and nothing once the server has read on', async () => {
    await using at = await romeo();
    at.raw('MODE #c');
    await at.far.until(/^MODE #c$/);
    await at.answer(':irc.fake 324 romeo #c +nt', ':irc.fake 329 romeo #c 1700000000');
    expect(told(at.gw)).toEqual(['#c +nt', '#c 1700000000']);
    await at.answer(':irc.fake 324 romeo #c +nt', ':irc.fake 329 romeo #c 1700000000');
    expect(told(at.gw)).toEqual([]);
  });

  it('shows a person the refusal, once, and is through with it', async () => {
    await using at = await romeo();
    at.raw('NAMES #d');
    const profile = expect(
      at.gw.bridge.ask({ kind: 'profile', realm: REALM, who: 'nobody' }, at.session),
    ).rejects.toMatchObject({ code: 'item-not-found' });
    await at.far.until(/^WHOIS nobody$/);
    await at.answer(
      ':irc.fake 403 romeo #d :No such channel',
      ':irc.fake 401 romeo nobody :No such nick',
      ':irc.fake 318 romeo nobody :End of /WHOIS list.',
    );
    await profile;
    await at.far.sync();
    expect(told(at.gw)).toEqual(['#d No such channel']);
  });

  it('takes the end of what was refused for nothing else, where a server sends one or not', async () => {
    await using at = await romeo();
    const profile = () => at.gw.bridge.ask({ kind: 'profile', realm: REALM, who: 'nurse' }, at.session);
    for (const end of [[':irc.fake 318 romeo nurse :End'], []]) {
      const refused = expect(profile()).rejects.toMatchObject({ code: 'item-not-found' });
      await at.far.until(/^WHOIS nurse$/);
      await at.answer(':irc.fake 401 romeo nurse :No such nick');
      await refused;
      const found = profile();
      await at.far.until(/^WHOIS nurse$/);
      await at.answer(...end, ':irc.fake 311 romeo nurse n b.host * :Nurse', ':irc.fake 318 romeo nurse :End');
      expect(await found).toMatchObject({ name: 'Nurse' });
      expect(told(at.gw)).toEqual([]);
    }
  });

  it('leaves the list of who enters to the JOIN, also where a person asks for the same', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far, session } = await login(gw, server, 'romeo');
    silence(server, 'JOIN', 'NAMES', 'MODE');
    const answer = inOrder(server, far);
    const who = { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant' } as const;
    gw.bridge.deliver(event('romeo', shared('#d'), { kind: 'occupant', change: 'join', who }), session);
    gw.bridge.deliver(event('romeo', realm, { kind: 'message', text: 'NAMES #d', style: 'plain' }), session);
    await far.until(/^NAMES #d$/);
    gw.told('realm');
    const list = [':irc.fake 353 romeo = #d :romeo @nurse', ':irc.fake 366 romeo #d :End'];
    await answer(':romeo!u@h JOIN #d', ...list, ...list);
    expect(told(gw)).toEqual(['= #d romeo @nurse', '#d End']);
    expect(gw.told('shared').map(({ kind }) => kind)).toEqual(['occupants', 'topic']);
  });

  it('a message is not taken for the question about its receiver', async () => {
    await using at = await romeo();
    const message = say('romeo', { kind: 'contact', account: account('romeo'), id: `nobody%${REALM}` }, 'hello');
    at.gw.bridge.deliver(message, at.session);
    const profile = expect(
      at.gw.bridge.ask({ kind: 'profile', realm: REALM, who: 'nobody' }, at.session),
    ).rejects.toMatchObject({ foreign: expect.stringMatching(/first/) });
    // What is asked goes before what is said.
    await at.far.until(/^PRIVMSG nobody/);
    await at.answer(':irc.fake 401 romeo nobody :first', ':irc.fake 401 romeo nobody :second');
    await profile;
    expect(at.gw.settled.find(({ id }) => id === message.id)?.outcome).toMatchObject({
      foreign: expect.stringMatching(/second/),
    });
  });
});
