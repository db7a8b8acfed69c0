import { expect, it } from 'vitest';
import { withReference } from '#bridges/email/threads/state.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}@mail.example`);

it('a thread refers to its first mail and its last nine, each once', () => {
  const all = ids(14).reduce<string[]>((known, id) => withReference(known, id), []);
  expect(all).toEqual(['0@mail.example', ...ids(14).slice(-9)]);
  expect(withReference(ids(3), '1@mail.example')).toEqual(['0@mail.example', '2@mail.example', '1@mail.example']);
});
