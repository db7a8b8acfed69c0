import { describe, expect, it } from 'vitest';
import { receiptsIn, typingChanges } from '#bridges/matrix/wire/ephemeral.ts';
import { type Json, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';
import { failureOf } from '#bridges/matrix/wire/failures.ts';
import { contentOf, levelFor, rankOf, readLevels, withLevel } from '#bridges/matrix/wire/power.ts';
import { applyState, emptyRoom, type MatrixRoom, nickOf, readersOf, userOf } from '#bridges/matrix/wire/room.ts';
import { stateNews } from '#bridges/matrix/wire/state-news.ts';

const state = (type: string, key: string, content: Json, sender = '@a:hs'): RoomEvent => {
  const read = readEvent({ event_id: '$1', room_id: '!r', sender, type, content, state_key: key });
  if (!read) throw new Error('this is no event');
  return read;
};
const join = (user: string, displayname?: string) =>
  state('m.room.member', user, { membership: 'join', displayname }, user);
const none = () => undefined;

function roomOf(...events: RoomEvent[]): MatrixRoom {
  const room = emptyRoom('!r');
  for (const event of events) applyState(room, event);
  return room;
}

describe('members', () => {
  it('have nicks of their own though their names repeat, which stay while they are there', () => {
    const room = roomOf(join('@alice:hs', 'Al'), join('@al:hs', 'AL'), join('@al:other', 'al'), join('@b:hs'));
    expect(['@alice:hs', '@al:hs', '@al:other', '@b:hs'].map((user) => nickOf(room, user))).toEqual([
      'Al',
      'AL (al)',
      'al (@al:other)',
      'b',
    ]);
    applyState(room, state('m.room.member', '@alice:hs', { membership: 'leave' }));
    applyState(room, join('@al:hs', 'AL'));
    expect(nickOf(room, '@al:hs')).toBe('AL (al)');
    expect(userOf(room, 'al')).toBeUndefined();
    const odd = roomOf(join('@x:hs', ' \u202ea\nb '), join('@__proto__:hs', '__proto__'));
    expect(nickOf(odd, '@x:hs')).toBe('a b');
    expect(nickOf(odd, '@__proto__:hs')).toBe('__proto__');
  });

  it('come, go, and are put out', () => {
    const room = roomOf(join('@a:hs', 'A'), join('@b:hs', 'B'));
    expect(stateNews(room, join('@c:hs', 'C'), none)).toMatchObject([{ change: 'join', who: { nick: 'C' } }]);
    expect(stateNews(room, join('@c:hs', 'D'), none)).toMatchObject([
      { change: 'rename', who: { nick: 'C' }, nick: 'D' },
    ]);
    expect(stateNews(room, join('@c:hs', 'D'), none)).toEqual([]);
    const kick = state('m.room.member', '@c:hs', { membership: 'leave', reason: 'rude' });
    expect(stateNews(room, kick, none)).toMatchObject([{ change: 'kick', reason: 'rude', by: 'A' }]);
    expect(stateNews(room, state('m.room.member', '@b:hs', { membership: 'ban' }), none)).toMatchObject([
      { change: 'ban' },
    ]);
    expect(stateNews(room, state('m.room.member', '@a:hs', { membership: 'leave' }), none)).toMatchObject([
      { change: 'leave' },
    ]);
  });

  it('read what is said while they are there, and who is invited where what was said before is theirs', () => {
    const is = (user: string, membership: string) => state('m.room.member', user, { membership });
    const room = roomOf(
      join('@a:hs'),
      is('@b:hs', 'invite'),
      is('@c:hs', 'knock'),
      is('@d:hs', 'ban'),
      is('@e:hs', 'leave'),
    );
    expect(readersOf(room)).toEqual(['@a:hs', '@b:hs']);
    for (const [history_visibility, readers] of [
      ['joined', ['@a:hs']],
      ['invited', ['@a:hs', '@b:hs']],
      [7, ['@a:hs', '@b:hs']],
    ] as const) {
      applyState(room, state('m.room.history_visibility', '', { history_visibility }));
      expect(readersOf(room)).toEqual(readers);
    }
  });

  it('stay in a room that is encrypted once it was, whatever its state says later', () => {
    const room = roomOf(state('m.room.encryption', '', { algorithm: 'm.megolm.v1.aes-sha2' }));
    for (const content of [{}, { algorithm: null }, { algorithm: 'none' }]) {
      applyState(room, state('m.room.encryption', '', content));
      applyState(room, state('m.room.encryption', 'x', content));
      expect(room.encrypted).toBe(true);
    }
  });

  it('never have the nick of another, whatever that one is called', () => {
    const names = ['Bob', 'Bob (bob)', 'Bob (@bob:hs)', '@bob:hs', 'Bob (@bob:hs) 2'];
    const room = roomOf(...names.map((name, index) => join(`@e${index}:hs`, name)), join('@bob:hs', 'Bob'));
    expect(new Set([...room.members.keys()].map((user) => nickOf(room, user))).size).toBe(6);
  });
});
describe('power', () => {
  it('is affiliation and role', () => {
    const content = { users: { '@o:hs': 100, '@m:hs': 50, '@v:hs': 5 }, events_default: 1, kick: 50, ban: 50 };
    const levels = readLevels(content);
    expect(['@o:hs', '@m:hs', '@v:hs', '@x:hs'].map((user) => rankOf(levels, user))).toEqual([
      { affiliation: 'owner', role: 'moderator' },
      { affiliation: 'admin', role: 'moderator' },
      { affiliation: 'member', role: 'participant' },
      { affiliation: 'none', role: 'visitor' },
    ]);
    expect(levelFor(levels, { role: 'visitor' })).toBe(0);
    expect(levelFor(levels, { affiliation: 'outcast' })).toBeUndefined();
    expect(withLevel(content, '@v:hs', 0)).toMatchObject({ users: { '@o:hs': 100, '@m:hs': 50 } });
    expect(rankOf(readLevels({ users: { '@x:hs': ['100'] } }), '@x:hs').affiliation).toBe('none');
  });

  it('of creators is above all in rooms of version 12, and by the levels before', () => {
    const create = { sender: '@c:hs', content: { room_version: '12', additional_creators: ['@d:hs'] } };
    expect(rankOf(readLevels({ users: {} }, create), '@d:hs').affiliation).toBe('owner');
    expect(rankOf(readLevels({}, { sender: '@c:hs', content: { room_version: '11' } }), '@c:hs').affiliation).toBe(
      'none',
    );
    expect(rankOf(readLevels(undefined, { sender: '@c:hs', content: {} }), '@c:hs').affiliation).toBe('owner');
  });

  it('stays with who has made a room that has no levels yet, when somebody else gets some', () => {
    const create = (room_version: string) => ({ sender: '@a:hs', content: { room_version } });
    const old = readLevels(undefined, create('11'));
    expect(withLevel(contentOf(old, undefined), '@b:hs', 50)).toEqual({ users: { '@a:hs': 100, '@b:hs': 50 } });
    // Creators stand above all levels there, and must not be named.
    const fresh = readLevels(undefined, create('12'));
    expect(withLevel(contentOf(fresh, undefined), '@b:hs', 50)).toEqual({ users: { '@b:hs': 50 } });
    expect(withLevel(contentOf(old, { ban: 5 }), '@b:hs', 50)).toEqual({ ban: 5, users: { '@b:hs': 50 } });
  });

  it('is told where it becomes another', () => {
    const room = roomOf(join('@a:hs'), join('@b:hs'));
    expect(stateNews(room, state('m.room.power_levels', '', { users: { '@b:hs': 50 } }), none)).toMatchObject([
      { change: 'role', who: { id: '@b:hs', role: 'moderator' }, by: 'a' },
    ]);
  });
});

it('a room that has been replaced leads to the other, never to itself', () => {
  const room = emptyRoom('!r');
  const tombstone = (replacement_room: unknown) => state('m.room.tombstone', '', { body: 'moved', replacement_room });
  expect(stateNews(room, tombstone('!New'), none)).toEqual([
    { kind: 'room', change: 'destroyed', text: 'moved', alternate: '!=4eew' },
  ]);
  for (const wrong of ['!r', 7, 'evil'])
    expect(stateNews(room, tombstone(wrong), none)).toEqual([{ kind: 'room', change: 'destroyed', text: 'moved' }]);
});

it('who types, and who does no more, is told, and of receipts the newest counts', () => {
  expect(typingChanges(new Set(['@a:hs', '@b:hs']), { user_ids: ['@b:hs', '@c:hs', 7] })).toMatchObject({
    typing: ['@b:hs', '@c:hs'],
    stopped: ['@a:hs'],
  });
  const read = (ts: number) => ({ 'm.read': { '@a:hs': { ts } } });
  expect(receiptsIn({ $1: read(1), $2: read(2), $3: null, $4: { 'm.read': 7 } })).toEqual([
    { user: '@a:hs', event: '$2', at: 2 },
  ]);
});

it('a homeserver is waited for no longer than is sensible', () => {
  expect(failureOf(429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1e12 })).toMatchObject({
    code: 'too-fast',
    retryAfter: 300_000,
  });
  expect(failureOf(502, '<html>', true)).toMatchObject({ code: 'remote-server-timeout', certain: false });
  expect(failureOf(403, { errcode: 'M_FORBIDDEN' })).toMatchObject({ code: 'not-permitted', foreign: 'M_FORBIDDEN' });
});
