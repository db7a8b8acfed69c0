import { expect, it } from 'vitest';
import { settableBy } from '#bridges/email/config.ts';

const accounts = { domains: ['*' as const], providers: [] };
const own = ['folders', 'senders', 'seen', 'move', 'elsewhere', 'copy'];
const always = ['signature', 'subject', 'strangers', 'html', 'window', 'read_receipts'];

it.each([
  [{ names: false }, always],
  [{ names: true }, ['name', ...always]],
  [{ names: false, accounts }, ['name', ...always, ...own]],
])('with %j users of mail set what means anything', (given, names) => {
  expect(Object.keys(settableBy(given as Parameters<typeof settableBy>[0]).shape)).toEqual(names);
});
