import { describe, expect, it } from 'vitest';
import type { Draft } from '#src/model/event.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { account, contact, enter, event, join, login, REALM, rig, say, shared } from '../harness.ts';

const nurse = ':Nurse!n@host.fake';
/** The drafts about one channel in short: what happened, to whom. */
const brief = (drafts: readonly Draft[]) =>
  drafts.map((draft) => {
    if (draft.kind === 'occupant')
      return `${draft.change} ${draft.who.nick}${draft.who.account ? '*' : ''} ${draft.who.affiliation}/${draft.who.role}`;
    if (draft.kind === 'message')
      return `${draft.style} ${draft.from.kind === 'network' ? draft.from.name : ''}: ${draft.text}`;
    return draft.kind === 'occupants'
      ? `list ${draft.list.map((who) => who.nick + (who.account ? '*' : '')).join(' ')}`
      : draft.kind;
  });

describe('entering', () => {
  it('gives the list, then the subject with its author and time, in one go before it is settled', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const both = await login(gw, server, 'romeo');
    server.on('JOIN', (_params, far) => {
      far.send(
        ':romeo!u@h JOIN :#Verona',
        ':irc.fake 332 romeo #verona :Two \u0002houses\u000f',
        ':irc.fake 333 romeo #verona Prince!p@h 1700000000',
        ':irc.fake 353 romeo = #verona :~&Owner @Op %Half',
        ':irc.fake 353 romeo = #verona :+Voice!v@host romeo __proto__',
        ':irc.fake 366 romeo #verona :End of /NAMES list.',
      );
      return true;
    });
    await join(gw, both, 'romeo', '#verona');
    const place = shared('#verona');
    expect(gw.told('shared')).toMatchObject([
      {
        kind: 'occupants',
        place,
        list: [
          { id: 'owner', nick: 'Owner', affiliation: 'owner', role: 'moderator' },
          { id: 'op', nick: 'Op', affiliation: 'admin', role: 'moderator' },
          { id: 'half', nick: 'Half', affiliation: 'member', role: 'moderator' },
          { id: 'voice', nick: 'Voice', affiliation: 'member', role: 'participant' },
          { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant', account: account('romeo') },
          { id: '__proto__', nick: '__proto__', affiliation: 'none', role: 'participant' },
        ],
      },
      { kind: 'topic', place, text: 'Two houses', by: 'Prince', setAt: 1_700_000_000_000 },
    ]);
    expect(await gw.bridge.ask({ kind: 'room', place })).toEqual({
      kind: 'room',
      name: '#Verona',
      topic: 'Two houses',
      occupants: 6,
      traits: [],
    });
    expect(await join(gw, { ...both, far: { ...both.far, until: async () => '' } }, 'romeo', '#verona')).toEqual({
      ids: [],
      state: 'taken',
    });
    expect(brief(gw.told('shared'))).toEqual(['list Owner Op Half Voice romeo* __proto__', 'topic']);
  });
});

describe('what happens in a channel', () => {
  it('is told in the words of the house', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await enter(gw, server, 'romeo');
    gw.told('shared');
    far.send(
      `${nurse} JOIN #c`,
      `@time=2024-01-01T00:00:00.000Z ${nurse} PRIVMSG #c :hi \u000304,12there\u0003`,
      `${nurse} PRIVMSG #C :\u0001ACTION waves\u0001`,
      `${nurse} NOTICE #c :look`,
      `${nurse} PRIVMSG @#c :for ops`,
      ':irc.fake MODE #c +vo-b+k Nurse Nurse *!*@x key',
      ':romeo!u@h MODE #c -o Nurse',
      `${nurse} NICK :Angelica`,
      ':Angelica!n@h TOPIC #c :new',
      ':romeo!u@h KICK #c angelica :out',
      ':Nurse2!n@h JOIN :#c',
      ':Nurse2!n@h PART #c :bye',
      ':Nurse3!n@h JOIN :#c',
      ':Nurse3!n@h QUIT :Ping timeout',
      ':Nurse3!n@h QUIT :again',
    );
    await far.sync();
    const told = gw.told('shared');
    expect(brief(told)).toEqual([
      'join Nurse none/participant',
      'plain Nurse: hi there',
      'action Nurse: waves',
      'notice Nurse: look',
      'plain Nurse: [@] for ops',
      'role Nurse admin/moderator',
      'plain undefined: Mode #c [+vo-b+k Nurse Nurse *!*@x key] by irc.fake',
      'role Nurse member/participant',
      'plain undefined: Mode #c [-o Nurse] by romeo',
      'rename Nurse member/participant',
      'topic',
      'kick Angelica member/participant',
      'join Nurse2 none/participant',
      'leave Nurse2 none/participant',
      'join Nurse3 none/participant',
      'leave Nurse3 none/participant',
    ]);
    expect(told[1]).toMatchObject({ at: Date.UTC(2024, 0, 1), from: { kind: 'network', id: 'nurse', name: 'Nurse' } });
    expect(told[9]).toMatchObject({ nick: 'Angelica', newId: 'angelica' });
    expect(told[11]).toMatchObject({ by: 'romeo', reason: 'out' });
    expect(told[15]).toMatchObject({ reason: 'Ping timeout' });
  });

  it('one of ours is kicked: told once, with the account', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { session, far } = await enter(gw, server, 'romeo');
    const other = await enter(gw, server, 'juliet');
    gw.told('shared');
    const kick = `${nurse} KICK #c juliet :go`;
    far.send(kick);
    other.far.send(kick);
    await far.sync();
    await other.far.sync();
    expect(gw.told('shared')).toMatchObject([
      {
        kind: 'occupant',
        change: 'kick',
        by: 'Nurse',
        reason: 'go',
        who: { id: 'juliet', account: account('juliet') },
      },
    ]);
    far.send(`${nurse} KICK #c romeo`);
    await far.sync();
    expect(gw.told('shared')).toMatchObject([{ change: 'kick', who: { account: account('romeo') } }]);
    await expect(gw.bridge.ask({ kind: 'room', place: shared('#c') }, session)).rejects.toMatchObject({
      code: 'not-joined',
    });
  });

  it('private talk and the server’s own words come to their places', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await login(gw, server, 'romeo');
    gw.told('realm');
    far.send(
      `${nurse} PRIVMSG romeo :psst`,
      `${nurse} PRIVMSG ROMEO :\u0001DCC SEND x 1 2 3\u0001`,
      `${nurse} PRIVMSG romeo :\u0001VERSION\u0001`,
      `${nurse} NOTICE romeo :\u0001PING 1\u0001`,
      ':a,b!x@y PRIVMSG romeo :odd',
      ':irc.fake NOTICE romeo :*** hello',
      ':irc.fake 301 romeo juliet :I am away',
      ':irc.fake 372 romeo :- one',
      ':irc.fake 372 romeo :- two',
      ':irc.fake 376 romeo :End of /MOTD command.',
      ':irc.fake 353 romeo',
      `${nurse} PRIVMSG #elsewhere :not ours`,
    );
    await far.sync();
    expect(gw.told('contact')).toMatchObject([
      {
        kind: 'message',
        text: 'psst',
        place: contact('romeo', 'nurse'),
        from: { kind: 'network', id: 'nurse', name: 'Nurse' },
      },
    ]);
    const realm = gw.told('realm');
    expect(brief(realm).map((line) => line.replace(/^plain net.example: /, ''))).toEqual([
      'odd',
      '*** hello',
      'juliet I am away',
      'one\ntwo',
    ]);
    expect(realm[0]).toMatchObject({
      place: { kind: 'realm', account: account('romeo'), realm: REALM },
      hints: { store: false, copy: false, private: true },
    });
    expect(far.unread).toEqual(['NOTICE Nurse :\u0001VERSION Isthmus, a gateway between XMPP and IRC\u0001']);
    expect(gw.told('shared')).toEqual([]);
  });
});

describe('two of ours in one channel', () => {
  it('are fed once, and neither sees the words of the other', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const romeo = await enter(gw, server, 'romeo');
    const juliet = await enter(gw, server, 'juliet');
    expect(brief(gw.told('shared'))).toEqual(['list romeo*', 'topic', 'list romeo* juliet*', 'topic']);
    for (const { far } of [juliet, romeo])
      far.send(`${nurse} JOIN #c`, `${nurse} PRIVMSG #c :hi`, ':irc.fake MODE #c +v juliet', `${nurse} QUIT`);
    const one = say('juliet', shared('#c'), 'mine');
    gw.bridge.deliver(one, juliet.session);
    await gw.when(() => gw.settled.some(({ id }) => id === one.id));
    await romeo.far.sync();
    await juliet.far.sync();
    expect(brief(gw.told('shared'))).toEqual([
      'join Nurse none/participant',
      'plain Nurse: hi',
      'role juliet* member/participant',
      'plain undefined: Mode #c [+v juliet] by irc.fake',
      'leave Nurse none/participant',
    ]);
  });

  it('a list holds those of ours whom the primary connection has not read of yet', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const names: string[] = [];
    // Nobody's line but the newcomer's own is told of a join: the others have it still before them.
    server.on('JOIN', (_params, far) => {
      names.push(far.nick);
      far.send(
        `:${far.nick}!u@h JOIN :#c`,
        `:irc.fake 353 ${far.nick} = #c :${names.join(' ')}`,
        `:irc.fake 366 ${far.nick} #c :End of /NAMES list.`,
      );
      return true;
    });
    await enter(gw, server, 'romeo');
    await enter(gw, server, 'juliet');
    gw.told('shared');
    await enter(gw, server, 'tybalt');
    expect(brief(gw.told('shared'))).toEqual(['list romeo* juliet* tybalt*', 'topic']);
  });

  it('the next takes over at the very line on which its senior leaves, whichever is ahead', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const romeo = await enter(gw, server, 'romeo');
    const juliet = await enter(gw, server, 'juliet');
    gw.told('shared');
    server.on('PART', () => true);
    const part = event('romeo', shared('#c'), {
      kind: 'occupant',
      change: 'leave',
      who: { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'none' },
    });
    gw.bridge.deliver(part, romeo.session);
    await romeo.far.until(/^PART/);
    // Juliet's line is ahead: she has read past the parting before romeo has.
    const before = [`${nurse} PRIVMSG #c :one`, ':romeo!u@host.fake PART #c'];
    juliet.far.send(...before, `${nurse} PRIVMSG #c :two`);
    await juliet.far.sync();
    romeo.far.send(...before);
    await romeo.far.sync();
    expect(brief(gw.told('shared')).sort()).toEqual([
      'leave romeo* admin/moderator',
      'plain Nurse: one',
      'plain Nurse: two',
    ]);
  });

  it('the next takes over when its senior was behind', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const romeo = await enter(gw, server, 'romeo');
    const juliet = await enter(gw, server, 'juliet');
    gw.told('shared');
    const lines = [`${nurse} PRIVMSG #c :one`, `${nurse} KICK #c romeo :out`];
    romeo.far.send(...lines);
    await romeo.far.sync();
    juliet.far.send(...lines, `${nurse} PRIVMSG #c :two`);
    await juliet.far.sync();
    expect(brief(gw.told('shared'))).toEqual(['plain Nurse: one', 'kick romeo* admin/moderator', 'plain Nurse: two']);
  });

  it('the next takes over when the line of its senior breaks', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const romeo = await enter(gw, server, 'romeo');
    const juliet = await enter(gw, server, 'juliet');
    gw.told('shared');
    romeo.far.kill();
    await gw.when(() => gw.states.some(({ state }) => state.kind === 'lost'));
    juliet.far.send(':romeo!u@host.fake QUIT :Connection reset', `${nurse} PRIVMSG #c :two`);
    await juliet.far.sync();
    expect(brief(gw.told('shared'))).toEqual([
      'list romeo juliet*',
      'topic',
      'leave romeo admin/moderator',
      'plain Nurse: two',
    ]);
  });
});
