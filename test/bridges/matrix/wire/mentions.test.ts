import { describe, expect, it } from 'vitest';
import { namedIn } from '#bridges/matrix/wire/mentions.ts';
import { withPills } from '#bridges/matrix/wire/pills.ts';
import { applyState, emptyRoom } from '#bridges/matrix/wire/room.ts';

const room = emptyRoom('!a:hs');
const join = (name: string, displayname: string): void =>
  applyState(room, {
    ...{ id: '', room: '!a:hs', sender: `@${name}:hs`, type: 'm.room.member', stateKey: `@${name}:hs`, at: 0 },
    content: { membership: 'join', displayname },
  });
for (const [name, shown] of Object.entries({
  alice: 'Alice',
  al: 'Al',
  bob: 'Alice',
  nurse: 'The Good Nurse',
  me: 'Romeo',
}))
  join(name, shown);

const named = (text: string): readonly string[] => namedIn(text, room, '@me:hs').map(({ user }) => user);

describe('those who are named in a text', () => {
  it.each([
    ['Alice: hark', ['@alice:hs']],
    ['alice, hark', ['@alice:hs']],
    ['Al: hark', ['@al:hs']],
    ['to @al and (Alice), "The Good Nurse"!', ['@al:hs', '@alice:hs', '@nurse:hs']],
    ["Alice's and Alice (bob)'s", ['@alice:hs', '@bob:hs']],
    ['Alice\nand Alice', ['@alice:hs']],
    ['*Alice*', ['@alice:hs']],
  ])('%s', (text, users) => expect(named(text)).toEqual(users));

  it.each([
    'Alices',
    'malice',
    'so alice',
    'Al said',
    '> Alice: ay me',
    '```\nAlice\n```',
    'the `Alice` class',
    'Romeo: I',
    '',
  ])('nobody: %s', (text) => expect(named(text)).toEqual([]));

  it('are a few at most, whatever is said', () => {
    for (let one = 0; one < 60; one++) join(`n${one}`, `Name ${one}`);
    expect(named(Array.from({ length: 60 }, (_, one) => `Name ${one}`).join(' '))).toHaveLength(20);
    for (const text of ['`', '```\n', 'Al ', '> ', '(', "'s", 'Alice ('])
      expect(named(text.repeat(4_000)).length).toBeLessThan(2);
  });
});

it('links stand where a nick is a word, once, the longest first, and not in tags, links or code', () => {
  const mentioned = [
    { nick: 'Alice', user: '@alice:hs' },
    { nick: 'Alice (bob)', user: '@bob:hs' },
    { nick: 'a', user: '@a:hs' },
  ];
  expect(withPills('<a href="Alice">Alice</a> <code>Alice</code> Alice (bob), Alice and Alice', mentioned)).toBe(
    '<a href="Alice">Alice</a> <code>Alice</code> <a href="https://matrix.to/#/%40bob%3Ahs">Alice (bob)</a>, ' +
      '<a href="https://matrix.to/#/%40alice%3Ahs">Alice</a> and Alice',
  );
});
