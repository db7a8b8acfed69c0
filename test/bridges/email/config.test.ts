import { expect, it } from 'vitest';
import { config } from '#bridges/email/config.ts';

const key = '-----BEGIN PRIVATE KEY-----';
const written = (dkim: object) => ({
  ...{ domain: 'mail.example.org', incoming: { lmtp: '127.0.0.1:2424' } },
  outgoing: { host: 'localhost', dkim: { selector: 's', key, ...dkim } },
});
const problems = (dkim: object): string[] =>
  config.safeParse(written(dkim)).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

it.each([
  ['the domain of the addresses', { domain: 'mail.example.org' }],
  ['one above it', { domain: 'example.org' }],
  ['another, where that is said', { domain: 'example.net', unaligned: true }],
])('%s signs', (_what, dkim) => expect(problems(dkim)).toEqual([]));

it.each(['example.net', 'ample.org'])('%s does not', (domain) =>
  expect(problems({ domain })).toEqual([
    expect.stringMatching(/^outgoing\.dkim\.domain: is neither mail\.example\.org nor above it/),
  ]),
);
