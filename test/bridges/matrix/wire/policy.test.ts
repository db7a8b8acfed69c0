import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitsGlob, policyRule } from '#bridges/matrix/wire/policy.ts';

const rule = (type: string, content: object) =>
  policyRule({ id: '$1', room: '!r', sender: '@a:b', type, stateKey: 'x', at: 1, content: { ...content } });

it('reads rules under all their names, and nothing else', () => {
  const ban = { entity: '@a:*', recommendation: 'm.ban', reason: 'spam' };
  for (const type of ['m.policy.rule.user', 'm.room.rule.user', 'org.matrix.mjolnir.rule.user'])
    expect(rule(type, ban)).toEqual({ about: 'user', entity: '@a:*', reason: 'spam' });
  expect(rule('m.policy.rule.server', { ...ban, reason: 7 })).toEqual({ about: 'server', entity: '@a:*', reason: '' });
  expect(rule('m.room.topic', ban)).toBeUndefined();
  for (const odd of [
    {},
    { entity: 7 },
    { entity: '' },
    { entity: 'x'.repeat(300) },
    { recommendation: 'm.allow' },
    { recommendation: [] },
  ])
    expect(
      rule('m.policy.rule.user', { ...ban, ...(Object.keys(odd).length ? odd : { recommendation: undefined }) }),
    ).toBeUndefined();
});

it('compares globs as they are meant', () => {
  for (const [glob, text, fits] of [
    ['*', '', true],
    ['@spam*:evil.example', '@spam1:evil.example', true],
    ['@spam*:evil.example', '@spam1:good.example', false],
    ['*.evil.example', 'evil.example', false],
    ['@a?c:*', '@abc:x', true],
    ['@a.c:*', '@abc:x', false],
    ['a*b*c', 'aXbYbZc', true],
    ['', 'a', false],
  ] as const)
    expect([glob, text, fitsGlob(glob, text)]).toEqual([glob, text, fits]);
});

it('fits what it was made of, and takes no time for what is made to take some', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }), (parts) => {
      const plain = parts.map((part) => part.replace(/[*?]/g, ''));
      expect(fitsGlob(plain.join('*'), plain.join('-'))).toBe(true);
    }),
  );
  expect(fitsGlob(`${'*a'.repeat(127)}b`, 'a'.repeat(255))).toBe(false);
});
