import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode } from '#bridges/matrix/wire/decode.ts';
import { presenceIn, receiptsIn, typingChanges } from '#bridges/matrix/wire/ephemeral.ts';
import { objectOf, readEvent } from '#bridges/matrix/wire/event.ts';
import type { ReadingView } from '#bridges/matrix/wire/message-in.ts';
import { relationOf } from '#bridges/matrix/wire/replies.ts';
import {
  emptyRoom,
  joined,
  type MatrixRoom,
  nickOf,
  occupantOf,
  titleOf,
  traitsOf,
} from '#bridges/matrix/wire/room.ts';
import { stateNews } from '#bridges/matrix/wire/state-news.ts';

const none = () => undefined;
const view: ReadingView = {
  nickOf: none,
  link: ({ mxc: _, key: __, thumbnail: ___, ...file }) => ({ url: 'https://x.example', ...file }),
};
const type = (of: string, content: unknown, more: object = {}) =>
  readEvent({ event_id: '$1', room_id: '!r:hs', sender: '@a:hs', type: of, content, ...more });

const TYPES = [
  ...['m.room.message', 'm.sticker', 'm.poll.start', 'm.reaction', 'm.room.redaction', 'm.call.invite'],
  ...['m.room.create', 'm.room.power_levels', 'm.room.name', 'm.room.canonical_alias', 'm.room.topic'],
  ...['m.room.member', 'm.room.tombstone', 'm.room.encryption', 'm.room.join_rules', 'm.room.avatar'],
];
const NAMES = [
  ...['body', 'msgtype', 'format', 'formatted_body', 'url', 'file', 'info', 'filename', 'm.relates_to', 'event_id'],
  ...['rel_type', 'key', 'm.in_reply_to', 'm.new_content', 'm.mentions', 'user_ids', 'geo_uri', 'm.poll', 'answers'],
  ...['m.text', 'question', 'users', 'users_default', 'events', 'kick', 'ban', 'membership', 'displayname'],
  ...['avatar_url', 'topic', 'name', 'alias', 'replacement_room', 'room_version', 'additional_creators', 'reason'],
  ...['hashes', 'iv', 'sha256', 'mimetype', 'size', 'w', 'h', 'duration', 'm.read', 'ts', '__proto__', 'redacts'],
];
const WORDS = [
  ...['m.image', 'm.text', 'm.location', 'org.matrix.custom.html', 'm.replace', 'm.thread', 'm.annotation', 'join'],
  ...['ban', 'leave', '$x', '\ud800', '\u0000', '\u202e', '<a href="https://matrix.to/#/@%', 'mxc://hs/x', '50', '12'],
  ...['mxc://hs/../x', '__proto__', '!x:hs', '@a:hs', 'geo:1,2'],
];
const leaf = fc.oneof(fc.constantFrom(...WORDS, null, true, -1, 1e300, 0.5, Number.MAX_SAFE_INTEGER), fc.string());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 8 }),
  ),
}));

type Told = { readonly of: string; readonly content: unknown; readonly key: string | undefined };

/** Takes an event in, and says what numbers of files it tells. */
function numbersOf(room: MatrixRoom, { of, content, key }: Told, odd: unknown): readonly unknown[] {
  const event = type(of, content, { ...(key !== undefined && { state_key: key }), unsigned: odd, redacts: odd });
  if (!event) return [];
  relationOf(event.content);
  const bodies = key === undefined ? decode(event, view) : stateNews(room, event, none);
  const files = bodies.flatMap((body) => (body.kind === 'message' ? (body.files ?? []) : []));
  const numbers = files.flatMap(({ size, width, height, duration }) => [size, width, height, duration]);
  return numbers.filter((number) => number !== undefined);
}

it('reads whatever a server says, and makes numbers of numbers alone', () => {
  const content = fc.dictionary(fc.constantFrom(...NAMES), value as fc.Arbitrary<unknown>, { maxKeys: 12 });
  const key = fc.option(fc.constantFrom('', '@a:hs', '@b:hs', 'x'), { nil: undefined });
  const told = fc.array(fc.record({ of: fc.constantFrom(...TYPES), content, key }), { maxLength: 6 });
  fc.assert(
    fc.property(told, value as fc.Arbitrary<unknown>, (events, odd) => {
      const room = emptyRoom('!r:hs');
      const numbers = events.flatMap((one) => numbersOf(room, one, odd));
      expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([]);
      for (const member of joined(room)) expect(nickOf(room, occupantOf(room, member, none).id)).not.toBe('');
      titleOf(room);
      traitsOf(room);
      receiptsIn(objectOf(odd));
      typingChanges(new Set(), objectOf(odd));
      presenceIn(objectOf(odd), 1);
    }),
    { numRuns: 200 },
  );
});

it('an event is of a time that can be written, and about an event that can be asked for', () => {
  for (const origin_server_ts of [-1, 1e300, '1', null, 253_402_300_800_000])
    expect(type('m.room.message', {}, { origin_server_ts })?.at).toBe(0);
  expect(type('m.room.message', {}, { origin_server_ts: 1.5 })?.at).toBe(1);
  const odd = ['..', '', '$', '$\ud800', '$a b', `$${'x'.repeat(255)}`, '../../x', 7];
  for (const event_id of odd) {
    expect(type('m.room.redaction', { redacts: event_id })?.redacts).toBeUndefined();
    const about = { rel_type: 'm.annotation', event_id, key: 'x', 'm.in_reply_to': { event_id } };
    expect(relationOf({ 'm.relates_to': about })).toEqual({});
    expect(receiptsIn({ [String(event_id)]: { 'm.read': { '@a:hs': { ts: 1 } } } })).toEqual([]);
  }
  for (const key of ['', '\u0000', 'x'.repeat(256)])
    expect(relationOf({ 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x', key } })).toEqual({});
});

it('HTML that is nearly a mention costs no more time than other words', () => {
  const near = ['<a ', '<a href="', '<a href ', '<a href="https://matrix.to/#/@', '<a\n'];
  for (let round = 0; round < 10; round++)
    for (const part of near) {
      const html = part + (round % 2 === 0 ? part : 'x').repeat(60_000 / part.length);
      const event = type('m.room.message', { body: '', format: 'org.matrix.custom.html', formatted_body: html });
      if (event) decode(event, view);
    }
  const edges = `x${'<br>'.repeat(15_000)}x`;
  const event = type('m.room.message', { body: '', format: 'org.matrix.custom.html', formatted_body: edges });
  expect(event && decode(event, view)).toHaveLength(1);
});

it('powers may be text, as rooms of before version 10 have them, and a room leads to a room alone', () => {
  const room = emptyRoom('!r:hs');
  const levels = type(
    'm.room.power_levels',
    { users: { '@a:hs': '100', '@b:hs': ' 50 ', '@c:hs': 'x' } },
    { state_key: '' },
  );
  if (levels) stateNews(room, levels, none);
  const rank = (user: string) => occupantOf(room, { user, nick: 'n' }, none).affiliation;
  expect(['@a:hs', '@b:hs', '@c:hs'].map(rank)).toEqual(['owner', 'admin', 'none']);
  for (const replacement_room of ['!a\u0000b:hs', `!${'x'.repeat(300)}`, '#r:hs', '!r:hs', 7]) {
    const end = type('m.room.tombstone', { replacement_room }, { state_key: '' });
    expect(end && stateNews(room, end, none)).toEqual([{ kind: 'room', change: 'destroyed' }]);
  }
});

it('what a room is called and how it is kept is what can be said of it, whatever its levels and names are made of', () => {
  const room = emptyRoom('!r:hs');
  const take = (of: string, content: unknown, key = '') => {
    const event = type(of, content, { state_key: key });
    return event ? stateNews(room, event, none) : [];
  };
  take('m.room.power_levels', { events_default: '50', users_default: '0' });
  expect(traitsOf(room)).toContain('moderated');
  take('m.room.power_levels', { events: { 'm.room.message': 10 } });
  expect(traitsOf(room)).toContain('moderated');
  take('m.room.power_levels', { events_default: 1e300, users_default: 1e300, kick: '-9', ban: null, users: [] });
  expect(traitsOf(room)).not.toContain('moderated');
  for (const alias of ['not an alias', `#${'x'.repeat(300)}:hs`, '#a\nb:hs', 7, '!r:hs']) {
    take('m.room.canonical_alias', { alias });
    expect(titleOf(room)).toBe('!r:hs');
  }
  take('m.room.canonical_alias', { alias: '#a\u202eb:hs' });
  expect(titleOf(room)).toBe('#ab:hs');
  expect(take('m.room.member', { membership: 'join' }, '@a:hs')).toMatchObject([{ change: 'join' }]);
  for (const membership of [42, null, undefined, 'JOIN', 'gone', ['leave'], {}])
    expect(take('m.room.member', { membership }, '@a:hs')).toEqual([]);
  expect(joined(room).map(({ user }) => user)).toEqual(['@a:hs']);
  expect(take('m.room.member', { membership: 'knock' }, '@b:hs')).toEqual([]);
  expect(take('m.room.member', { membership: 'invite', third_party_invite: 7 }, '@b:hs')).toEqual([]);
});
