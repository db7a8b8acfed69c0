import type { SrvRecord } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { failureOf, helpIn } from '#bridges/email/account/failures.ts';
import { folderNamed } from '#bridges/email/account/folder-name.ts';
import { guessServers } from '#bridges/email/account/servers.ts';
import { Failure } from '#src/model/failure.ts';

type Asking = Parameters<typeof guessServers>[1];

/** DNS with these records (`.` is none, RFC 6186 §3.4), and servers that answer at these. */
function world(records: Readonly<Record<string, readonly Partial<SrvRecord>[]>>, servers: readonly string[] = []) {
  const asked: string[] = [];
  const dns = {
    async resolveSrv(name: string) {
      const found = records[name];
      if (!found) throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
      return found.map((one) => ({ name: '', port: 993, priority: 0, weight: 0, ...one }));
    },
  };
  const host = {
    signal: new AbortController().signal,
    async connect({ host: name, port }: { host: string; port: number }) {
      asked.push(`${name}:${port}`);
      if (!servers.includes(`${name}:${port}`)) throw new Failure('remote-server-timeout');
      return { destroy: () => undefined };
    },
  };
  return { asking: { dns, host } as unknown as Asking, asked };
}

const at = (host: string, port: number, tls: 'implicit' | 'starttls') => ({ host, port, tls });

describe('the servers of a mailbox', () => {
  it('are those of SRV records: with TLS from the beginning before STARTTLS, the best by priority and weight', async () => {
    const { asking, asked } = world({
      '_imaps._tcp.example.com': [
        { name: 'b.example.net', priority: 20 },
        { name: 'light.example.net', priority: 10, weight: 1 },
        { name: 'a.example.net', priority: 10, weight: 5 },
      ],
      '_imap._tcp.example.com': [{ name: 'plain.example.net', port: 143 }],
      '_submission._tcp.example.com': [{ name: 's.example.net', port: 587 }],
    });
    const found = await guessServers('romeo@example.com', asking);
    expect(found.imap).toEqual(at('a.example.net', 993, 'implicit'));
    expect(found.submission).toEqual(at('s.example.net', 587, 'starttls'));
    expect(asked).toEqual([]);
  });

  it('are by STARTTLS where a lone dot says that there are no others', async () => {
    const { asking } = world({
      '_imaps._tcp.example.com': [{ name: '.', port: 0 }],
      '_imap._tcp.example.com': [{ name: 'mail.example.com', port: 143 }],
      '_submissions._tcp.example.com': [{ name: 'mail.example.com', port: 465 }],
    });
    expect((await guessServers('romeo@example.com', asking)).imap).toEqual(at('mail.example.com', 143, 'starttls'));
  });

  it('are guessed where DNS says nothing: at the first name at which somebody answers, else at the usual one', async () => {
    const { asking, asked } = world({}, ['mail.example.com:993', 'smtp.example.com:587']);
    expect(await guessServers('romeo@example.com', asking)).toEqual({
      imap: at('mail.example.com', 993, 'implicit'),
      submission: at('smtp.example.com', 587, 'starttls'),
    });
    expect(asked.toSorted()).toEqual([
      'imap.example.com:993',
      'mail.example.com:465',
      'mail.example.com:993',
      'smtp.example.com:465',
      'smtp.example.com:587',
    ]);
    expect((await guessServers('romeo@bücher.example', world({}).asking)).imap.host).toBe('imap.xn--bcher-kva.example');
  });

  it('are known of large providers, without asking anybody', async () => {
    const { asking, asked } = world({});
    expect((await guessServers('romeo@gmail.com', asking)).imap).toEqual(at('imap.gmail.com', 993, 'implicit'));
    expect((await guessServers('romeo@fastmail.com', asking)).submission.host).toBe('smtp.fastmail.com');
    expect(asked).toEqual([]);
  });
});

describe('a folder by its name', () => {
  const folder = (path: string, delimiter = '.', ...flags: string[]) => ({ path, delimiter, flags: new Set(flags) });
  const listed = [
    folder('INBOX'),
    folder('INBOX.Lists'),
    folder('INBOX.Lists.XMPP'),
    folder('Lists'),
    folder('Entwu\u0308rfe'),
    folder('Shared', '.', '\\NoSelect'),
    folder('a/b', ''),
  ];
  it.each([
    ['INBOX', 'INBOX'],
    ['inbox', 'INBOX'],
    ['Lists', 'Lists'],
    ['lists/xmpp', 'INBOX.Lists.XMPP'],
    ['INBOX/Lists', 'INBOX.Lists'],
    ['Entwürfe', 'Entwu\u0308rfe'],
    ['a/b', 'a/b'],
    ['Shared', undefined],
    ['Nowhere', undefined],
  ])('%s is %s', (name, path) => expect(folderNamed(listed, name)?.path).toBe(path));
});

describe('what a server says of a login', () => {
  it('is passed on where it helps', () => {
    expect(helpIn('1 NO [WEBALERT https://a.example/x] Web login required.', 'WEBALERT')).toBe('Web login required.');
    expect(helpIn('A NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)', 'AUTHENTICATIONFAILED')).toBe('');
    expect(helpIn('A NO See https://a.example/imap', undefined)).toBe('See https://a.example/imap');
  });

  it('is no refusal where it is for now', () => {
    const refused = (serverResponseCode: string) =>
      failureOf(Object.assign(new Error('no'), { authenticationFailed: true, serverResponseCode })).code;
    expect(refused('AUTHENTICATIONFAILED')).toBe('password-required');
    expect(refused('UNAVAILABLE')).toBe('remote-server-timeout');
    expect(refused('LIMIT')).toBe('remote-server-timeout');
    expect(failureOf(new Error('Login is disabled')).code).toBe('password-required');
    expect(failureOf(Object.assign(new Error('no TLS'), { tlsFailed: true })).code).toBe('remote-server-timeout');
  });
});
