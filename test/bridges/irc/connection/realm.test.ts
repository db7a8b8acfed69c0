import { expect, it } from 'vitest';
import { openRealms } from '#bridges/irc/connection/realm.ts';

const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => `irc${from + n}.example`);

it('remembers a thousand servers, and beyond them those with a connection', () => {
  const realms = openRealms();
  const busy = realms.of('busy.example');
  busy.coming = 1;
  for (const name of names(5000)) realms.of(name);
  expect(realms.all()).toHaveLength(1000);
  expect(realms.known('Busy.Example')).toBe(busy);
  expect(realms.known('irc0.example')).toBeUndefined();
  expect(realms.known('irc4999.example')).toBeDefined();
});

it('keeps what has been asked for lately', () => {
  const realms = openRealms();
  for (const name of names(1000)) realms.of(name);
  const first = realms.of('IRC0.example');
  for (const name of names(999, 1000)) realms.of(name);
  expect(realms.known('irc0.example')).toBe(first);
});

it('is not hindered where all have a connection', () => {
  const realms = openRealms();
  for (const name of names(1500)) realms.of(name).coming = 1;
  expect(realms.all()).toHaveLength(1500);
});
