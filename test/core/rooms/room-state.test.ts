import { describe, expect, it } from 'vitest';
import type { Origin } from '#src/core/index.ts';
import { restored, suspend } from '#src/core/rooms/restored-room.ts';
import { caughtUp, topic } from '#src/core/rooms/room-changes.ts';
import { snapshot } from '#src/core/rooms/room-list.ts';
import { lateReaders, nickOf } from '#src/core/rooms/room-seats.ts';
import * as state from '#src/core/rooms/room-state.ts';
import { saidThere } from '#src/core/rooms/said.ts';
import { openRecentChanges } from '#src/core/rooms/untold.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';

const romeo = accountKey('romeo@a.example' as BareJid, 'net.example');
const juliet = accountKey('juliet@a.example' as BareJid, 'net.example');
const ROOM = '#verona%net@net.example';

const origin = (from: string): Origin => ({ stanza: 'presence', from, to: `${ROOM}/x` });
const occupant = (nick: string, account?: AccountKey): Occupant => ({
  id: nick.toLowerCase(),
  nick,
  affiliation: 'none',
  role: 'participant',
  ...(account && { account }),
});
const fresh = (most?: number) => state.newRoom({ kind: 'shared', transport: 'net.example', id: '#verona%net' }, most);

/** A room in which Romeo sits with one resource and Mercutio is. */
function withRomeo(most?: number): state.Room {
  const room = fresh(most);
  state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
  snapshot(room, [occupant('Mercutio'), occupant('Romeo', romeo)]);
  state.joined(room, romeo);
  return room;
}

/** What was told, in short: `body/change nick -> reader[statuses]`. */
const short = (effects: readonly state.RoomEffect[]): string[] =>
  effects.map((effect) => {
    if (effect.kind === 'refuse') return `refuse ${effect.origin.from} ${effect.failure.code}`;
    if (effect.kind === 'history') return `history -> ${effect.to.jid.split('/')[1]}`;
    if (effect.kind !== 'tell') return `${effect.kind} ${effect.account.split('@')[0]}`;
    const { body, to, marks } = effect;
    const what =
      body.kind === 'occupant'
        ? `${body.change} ${body.who.nick}${body.nick ? `=${body.nick}` : ''}`
        : body.kind === 'occupants'
          ? `list ${body.list.map(({ nick }) => nick).join(',')}`
          : body.kind === 'topic'
            ? `topic "${body.text}"`
            : body.kind;
    const readers = to.map(({ jid, nick }) => `${jid.slice(jid.indexOf('/') + 1)}(${nick})`).join(' ');
    return `${what} -> ${readers}${marks?.statuses ? ` [${marks.statuses}]` : ''}`;
  });

describe('entering', () => {
  it('joins on the network for the first resource and waits', () => {
    expect(
      short(state.enter(fresh(), { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') })),
    ).toEqual(['join romeo']);
  });

  it('shows others first, then oneself, then the past, then the subject', () => {
    const room = fresh();
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
    expect(short(snapshot(room, [occupant('Mercutio'), occupant('Romeo', romeo)]))).toEqual(['entered romeo']);
    expect(short(state.joined(room, romeo))).toEqual([
      'list Mercutio -> orchard(Romeo)',
      'join Romeo -> orchard(Romeo) []',
      'history -> orchard',
      'topic "" -> orchard(Romeo)',
    ]);
  });

  it('answers a client that waits while its account is put out', () => {
    for (const [change, code] of [
      ['kick', 'not-permitted'],
      ['ban', 'banned'],
    ] as const) {
      const room = restored({
        place: fresh().place,
        sittings: [{ account: romeo, jid: 'romeo@a.example/orchard', nick: 'Romeo' }],
        roster: [],
        topic: undefined,
        upTo: 0,
      });
      snapshot(room, [occupant('Romeo', romeo)]);
      state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/garden') });
      const effects = state.change(room, { kind: 'occupant', change, who: occupant('Romeo', romeo) });
      expect(short(effects)).toContain(`refuse romeo@a.example/garden ${code}`);
      expect(room.members.has(romeo)).toBe(false);
    }
  });

  it('says 210 when the network chose another nick', () => {
    const room = fresh();
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
    snapshot(room, [occupant('Romeo_', romeo)]);
    expect(short(state.joined(room, romeo))[1]).toBe('join Romeo_ -> orchard(Romeo_) [210]');
  });

  it('lets a second resource in under the existing nick without asking the network', () => {
    const room = withRomeo();
    const effects = state.enter(room, { account: romeo, nick: 'Montague', origin: origin('romeo@a.example/balcony') });
    expect(short(effects)).toEqual([
      'list Mercutio -> balcony(Romeo)',
      'join Romeo -> balcony(Romeo) [210]',
      'history -> balcony',
      'topic "" -> balcony(Romeo)',
    ]);
  });

  it('shows the room again to a resource that is in it', () => {
    const effects = state.enter(withRomeo(), {
      account: romeo,
      nick: 'Romeo',
      origin: origin('romeo@a.example/orchard'),
    });
    expect(short(effects)).toHaveLength(4);
  });

  it('refuses everybody of the account who waits', () => {
    const room = fresh();
    for (const resource of ['orchard', 'balcony']) {
      state.enter(room, { account: romeo, nick: 'Romeo', origin: origin(`romeo@a.example/${resource}`) });
    }
    expect(short(state.refused(room, romeo, new Failure('banned'), 'You are banned there.'))).toEqual([
      'refuse romeo@a.example/orchard banned',
      'refuse romeo@a.example/balcony banned',
    ]);
    expect(room.members.size).toBe(0);
  });
});

describe('being in', () => {
  it('tells every resource of every account who comes and goes', () => {
    const room = withRomeo();
    state.change(room, { kind: 'occupant', change: 'join', who: occupant('Juliet', juliet) });
    state.enter(room, { account: juliet, nick: 'Juliet', origin: origin('juliet@a.example/balcony') });
    state.joined(room, juliet);
    expect(short(state.change(room, { kind: 'occupant', change: 'leave', who: occupant('Mercutio') }))).toEqual([
      'leave Mercutio -> orchard(Romeo) balcony(Juliet)',
    ]);
  });

  it('tells a rename with the nick that the reader had before, and uses the new one from then on', () => {
    const room = withRomeo();
    const who = occupant('Romeo', romeo);
    const effects = state.change(room, { kind: 'occupant', change: 'rename', who, newId: 'roméo', nick: 'Roméo' });
    expect(short(effects)).toEqual(['rename Romeo=Roméo -> orchard(Romeo)']);
    expect(nickOf(room, romeo, 'romeo@a.example/orchard')).toBe('Roméo');
    expect(room.roster.has('romeo')).toBe(false);
  });

  it('puts a kicked account out with all its resources', () => {
    const room = withRomeo();
    expect(
      short(state.change(room, { kind: 'occupant', change: 'kick', who: occupant('Romeo', romeo), by: 'Mercutio' })),
    ).toEqual(['kick Romeo -> orchard(Romeo)', 'left romeo']);
    expect(nickOf(room, romeo, 'romeo@a.example/orchard')).toBeUndefined();
    expect(room.members.size).toBe(0);
  });

  it('does not repeat a subject that did not change', () => {
    const room = withRomeo();
    const body = { kind: 'topic', text: 'Two houses', by: 'Prince', setAt: 1 } as Parameters<typeof topic>[1];
    expect(short(topic(room, body))).toEqual(['topic "Two houses" -> orchard(Romeo)']);
    expect(short(topic(room, body))).toEqual([]);
  });

  it('ignores the going of somebody who was never seen', () => {
    expect(state.change(withRomeo(), { kind: 'occupant', change: 'leave', who: occupant('Paris') })).toEqual([]);
  });
});

describe('leaving', () => {
  it('takes one resource out and leaves the others in', () => {
    const room = withRomeo();
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/balcony') });
    expect(short(state.leave(room, { account: romeo, jid: 'romeo@a.example/orchard', reason: 'bye' }))).toEqual([
      'leave Romeo -> orchard(Romeo)',
    ]);
  });

  it('parts on the network with the last resource', () => {
    expect(short(state.leave(withRomeo(), { account: romeo, jid: 'romeo@a.example/orchard', reason: 'bye' }))).toEqual([
      'leave Romeo -> orchard(Romeo)',
      'left romeo',
      'part romeo',
    ]);
  });

  it('gives up a join that is not answered yet', () => {
    const room = fresh();
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
    expect(short(state.leave(room, { account: romeo, jid: 'romeo@a.example/orchard' }))).toEqual(['part romeo']);
    expect(state.joined(room, romeo)).toEqual([]);
  });
});

describe('staying without a client', () => {
  const orchard = { account: romeo, jid: 'romeo@a.example/orchard' };

  it('keeps the account, and shows the room to whoever comes back', () => {
    const room = withRomeo();
    expect(short(state.leave(room, orchard, 'stays'))).toEqual(['leave Romeo -> orchard(Romeo)']);
    expect(short(state.change(room, { kind: 'occupant', change: 'join', who: occupant('Paris') }))).toEqual([]);
    const back = { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/balcony') };
    expect(short(state.enter(room, back))[0]).toBe('list Mercutio,Paris -> balcony(Romeo)');
  });

  it('parts when it may no longer stay, and only without a client', () => {
    const room = withRomeo();
    expect(state.part(room, romeo)).toEqual([]);
    state.leave(room, orchard, 'lingers');
    expect(short(state.part(room, romeo))).toEqual(['left romeo', 'part romeo']);
  });

  it('does not linger where the network has not let it in', () => {
    const room = fresh();
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin(orchard.jid) });
    expect(short(state.leave(room, orchard, 'lingers'))).toEqual(['part romeo']);
  });

  it('outlives a stop, of which its clients are told', () => {
    const room = withRomeo();
    expect(short(suspend(room, romeo, [332], 'bye'))).toEqual(['leave Romeo -> orchard(Romeo) [332]', 'left romeo']);
    expect(room.members.get(romeo)).toMatchObject({ kept: true, joined: false });
  });
});

describe('coming back after a kill', () => {
  it('tells those who were there what has become different since', () => {
    const room = restored({
      place: fresh().place,
      sittings: [{ account: romeo, jid: 'romeo@a.example/orchard', nick: 'Romeo' }],
      roster: [occupant('Mercutio'), occupant('Romeo')],
      topic: { text: 'Two houses' },
      upTo: 0,
    });
    expect(nickOf(room, romeo, 'romeo@a.example/orchard')).toBe('Romeo');
    expect(short(snapshot(room, [occupant('Romeo', romeo), occupant('Paris')]))).toEqual([
      'entered romeo',
      'leave Mercutio -> orchard(Romeo)',
      'join Paris -> orchard(Romeo)',
    ]);
    expect(topic(room, { kind: 'topic', text: 'Two houses' } as Parameters<typeof topic>[1])).toEqual([]);
    expect(short(state.joined(room, romeo))).toEqual([]);
  });
});

describe('coming back after a kill into a room whose network shows the past', () => {
  it('shows only what was not seen before', () => {
    const sittings = [{ account: romeo, jid: 'romeo@a.example/orchard', nick: 'Romeo' }];
    const room = restored({ place: fresh().place, sittings, roster: [], topic: undefined, upTo: 20 });
    const shown = [10, 20, 30].filter((at) => lateReaders(room, { at, live: false, seenBy: romeo }).length > 0);
    expect(shown).toEqual([30]);
  });
});

describe('coming back after a kill into a room whose network has not told who is there', () => {
  const said = (from: object) => {
    const { place } = fresh();
    const room = restored({ place, sittings: [], roster: [occupant('Paris')], topic: undefined, upTo: 0 });
    const message = { id: 'e1', at: 1, live: true, place, kind: 'message', text: 'Hark', style: 'plain' };
    const { event, nick } = saidThere(room, { ...message, from } as Parameters<typeof saidThere>[1], {});
    return [nick, 'name' in event.from ? event.from.name : undefined];
  };

  it('calls who speaks as they were called, and else as the network does', () => {
    const { id } = occupant('Paris');
    expect(said({ kind: 'network', id })).toEqual(['Paris', 'Paris']);
    expect(said({ kind: 'network', id, name: 'County' })).toEqual(['County', 'County']);
    expect(said({ kind: 'network', id: '@nobody' })).toEqual(['@nobody', undefined]);
  });
});

describe('coming back after a kill into a room with two addresses', () => {
  it('reads it by the one by which each has come', () => {
    const sittings = [
      { account: romeo, jid: 'romeo@a.example/orchard', nick: 'Romeo', address: '#verona' },
      { account: juliet, jid: 'juliet@a.example/balcony', nick: 'Juliet', address: null },
    ];
    const room = restored({ place: fresh().place, sittings, roster: [], topic: undefined, upTo: 0 });
    expect(state.readersOf(room).map(({ at }) => at)).toEqual(['#verona', undefined]);
  });
});

describe('coming back after a kill, one after the other', () => {
  const back = () => {
    const room = restored({
      place: fresh().place,
      sittings: [
        { account: romeo, jid: 'romeo@a.example/orchard', nick: 'Romeo' },
        { account: juliet, jid: 'juliet@a.example/balcony', nick: 'Juliet' },
      ],
      roster: [occupant('Romeo'), occupant('Juliet')],
      topic: undefined,
      upTo: 0,
    });
    snapshot(room, [occupant('Romeo', romeo)]);
    state.joined(room, romeo);
    return room;
  };

  it('says nothing of who waits for their turn, be they missing from a list or seen to go', () => {
    const room = back();
    expect(short(state.change(room, { kind: 'occupant', change: 'leave', who: occupant('Juliet') }))).toEqual([]);
    expect(short(snapshot(room, [occupant('Romeo', romeo), occupant('Juliet', juliet)]))).toEqual(['entered juliet']);
    expect(short(state.joined(room, juliet))).toEqual([]);
  });

  it('tells those who are not let back in why, and the others that they are gone', () => {
    expect(short(state.refused(back(), juliet, new Failure('banned'), 'You are banned there.'))).toEqual([
      'leave Juliet -> balcony(Juliet) [333]',
      'leave Juliet -> orchard(Romeo)',
    ]);
  });

  it('tells the others of a client that has gone meanwhile', () => {
    const gone = { account: juliet, jid: 'juliet@a.example/balcony' };
    expect(short(state.leave(back(), gone))).toEqual([
      'leave Juliet -> balcony(Juliet)',
      'leave Juliet -> orchard(Romeo)',
      'part juliet',
    ]);
  });
});

describe('the link being back', () => {
  const recent = () => openRecentChanges({ now: () => 100 });
  const play = (room: state.Room, into: ReturnType<typeof recent>, effects: readonly state.RoomEffect[]): void => {
    for (const effect of effects) if (effect.kind === 'tell') into.told(room.place, effect.body, effect.to);
  };

  it('tells once more who has come, changed or gone, and those who are out that they are', () => {
    const [room, changes] = [withRomeo(), recent()];
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/balcony') });
    play(room, changes, state.change(room, { kind: 'occupant', change: 'join', who: occupant('Paris') }));
    play(room, changes, state.change(room, { kind: 'occupant', change: 'leave', who: occupant('Mercutio') }));
    play(room, changes, state.leave(room, { account: romeo, jid: 'romeo@a.example/orchard' }));
    const [found] = changes.take('net.example', 100);
    expect(short(caughtUp(room, found?.changes ?? []))).toEqual([
      'role Paris -> balcony(Romeo)',
      'leave Mercutio -> balcony(Romeo)',
      'leave Romeo -> orchard(Romeo) [333]',
      'role Romeo -> balcony(Romeo)',
    ]);
    expect(changes.take('net.example', 100)).toEqual([]);
  });

  it('tells of nobody whom clients are not shown since', () => {
    const [room, changes] = [withRomeo(1), recent()];
    const paris = occupant('Paris');
    state.change(room, { kind: 'occupant', change: 'join', who: { ...paris, role: 'moderator' } });
    play(room, changes, state.change(room, { kind: 'occupant', change: 'leave', who: paris }));
    state.change(room, { kind: 'occupant', change: 'join', who: paris });
    expect(short(caughtUp(room, changes.take('net.example', 100)[0]?.changes ?? []))).toEqual([
      'leave Paris -> orchard(Romeo)',
    ]);
  });

  it('knows a client once that has gone again and again', () => {
    const [room, changes] = [withRomeo(), recent()];
    const who = occupant('Romeo', romeo);
    for (let times = 0; times < 3; times++)
      changes.told(room.place, { kind: 'occupant', change: 'leave', who }, [
        { jid: 'romeo@a.example/x', nick: 'Romeo' },
      ]);
    expect(changes.take('net.example', 100)[0]?.changes[0]?.out).toEqual([{ jid: 'romeo@a.example/x', nick: 'Romeo' }]);
  });

  it('does not speak of what was told long before', () => {
    const [room, changes] = [withRomeo(), recent()];
    play(room, changes, state.change(room, { kind: 'occupant', change: 'join', who: occupant('Paris') }));
    expect(changes.take('net.example', 60_101)).toEqual([]);
  });
});

describe('losing the connection while others of ours stay', () => {
  it('is told to the others alone', () => {
    const room = withRomeo();
    state.enter(room, { account: juliet, nick: 'Juliet', origin: origin('juliet@a.example/balcony') });
    snapshot(room, [occupant('Mercutio'), occupant('Romeo', romeo), occupant('Juliet', juliet)]);
    state.joined(room, juliet);
    expect(short(state.change(room, { kind: 'occupant', change: 'leave', who: occupant('Juliet') }))).toEqual([
      'leave Juliet -> orchard(Romeo)',
    ]);
    const again = { kind: 'occupant', change: 'join', who: occupant('Juliet', juliet) } as const;
    expect(short(state.change(room, again))).toEqual([
      'join Juliet -> orchard(Romeo)',
      'role Juliet -> balcony(Juliet)',
    ]);
  });

  it('is told as a change of nick where the old one was taken meanwhile', () => {
    const room = withRomeo();
    state.change(room, { kind: 'occupant', change: 'leave', who: occupant('Romeo') });
    expect(short(snapshot(room, [occupant('Mercutio'), occupant('Romeo_', romeo)]))).toEqual([
      'rename Romeo=Romeo_ -> orchard(Romeo)',
    ]);
  });
});

describe('coming back after the connection was lost', () => {
  it('tells only what differs', () => {
    const room = withRomeo();
    const list = [
      occupant('Romeo', romeo),
      occupant('Benvolio'),
      { ...occupant('Mercutio'), role: 'moderator' as const },
    ];
    expect(short(snapshot(room, list))).toEqual(['join Benvolio -> orchard(Romeo)', 'role Mercutio -> orchard(Romeo)']);
    expect(short(state.joined(room, romeo))).toEqual([]);
  });

  it('shows a fallback nick of our own as a rename', () => {
    const effects = snapshot(withRomeo(), [occupant('Mercutio'), occupant('Romeo_', romeo)]);
    expect(short(effects)).toEqual(['rename Romeo=Romeo_ -> orchard(Romeo)']);
  });

  it('tells with 333 when the network does not let the account back in', () => {
    expect(short(state.refused(withRomeo(), romeo, new Failure('banned'), 'You are banned there.'))).toEqual([
      'leave Romeo -> orchard(Romeo) [333]',
      'left romeo',
    ]);
  });
});

describe('leaving on the network itself', () => {
  it('puts the account out, but not one that is only missing from a list or on its way in', () => {
    const room = withRomeo();
    const leave = { kind: 'occupant', change: 'leave', who: occupant('Romeo', romeo) } as const;
    expect(short(state.change(room, leave))).toEqual(['leave Romeo -> orchard(Romeo)', 'left romeo']);
    expect(room.members.size).toBe(0);
    const missing = withRomeo();
    snapshot(missing, [occupant('Mercutio')]);
    expect(missing.members.size).toBe(1);
    const entering = fresh();
    state.enter(entering, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
    snapshot(entering, [occupant('Romeo', romeo)]);
    state.change(entering, leave);
    expect(entering.members.size).toBe(1);
  });
});

describe('a very large room', () => {
  const crowd = (count: number): Occupant[] => Array.from({ length: count }, (_, at) => occupant(`P${at}`));

  it('shows so many of those who are there, who keeps order and who is from here', () => {
    const room = state.newRoom({ kind: 'shared', transport: 'net.example', id: '#verona%net' }, 10);
    state.enter(room, { account: romeo, nick: 'Romeo', origin: origin('romeo@a.example/orchard') });
    snapshot(room, [...crowd(5000), { ...occupant('Prince'), role: 'moderator' }, occupant('Romeo', romeo)]);
    const [list] = state.joined(room, romeo);
    const shown = list?.kind === 'tell' && list.body.kind === 'occupants' ? list.body.list : [];
    expect(shown).toHaveLength(11);
    expect(shown.map(({ nick }) => nick)).toContain('Prince');
    expect(room.roster.size).toBe(5002);
    // Nobody hears of who is not shown, whatever becomes of them.
    expect(state.change(room, { kind: 'occupant', change: 'join', who: occupant('Late') })).toEqual([]);
    expect(state.change(room, { kind: 'occupant', change: 'leave', who: occupant('P4000') })).toEqual([]);
    expect(state.change(room, { kind: 'occupant', change: 'leave', who: occupant('P1') })).toHaveLength(1);
  });
});
