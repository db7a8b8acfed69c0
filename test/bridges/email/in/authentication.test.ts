import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { sealMessage } from 'mailauth/lib/mailauth.js';
import { describe, expect, it } from 'vitest';
import { openAuthenticate } from '#bridges/email/in/authentication/authenticate.ts';
import { trustedResults } from '#bridges/email/in/authentication/results-header.ts';
import { mailAddress, mailboxesOf } from '#bridges/email/wire/mailbox.ts';
import { pieces } from '../wire/read-mail.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 1024 });
const [good, other] = [pair(), pair()];
const record = (key: KeyObject) => [
  `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`,
];

/** DNS as the tests have it; what is not there is not found. */
const zone: Record<string, string[]> = {
  'TXT s._domainkey.example.com': record(good.publicKey),
  'TXT s._domainkey.sub.example.com': record(good.publicKey),
  'TXT s._domainkey.evil.example.net': record(other.publicKey),
  'TXT s._domainkey.lists.example.net': record(other.publicKey),
  'TXT s._domainkey.strict.example.org': record(good.publicKey),
  'TXT example.com': ['v=spf1 ip4:9.9.9.9 -all'],
  'TXT sub.example.com': ['v=spf1 ip4:9.9.9.9 -all'],
  'TXT evil.example.net': ['v=spf1 +all'],
  'TXT _dmarc.strict.example.org': ['v=DMARC1; p=reject'],
  'TXT strict.example.org': ['v=spf1 -all'],
};

const resolver = async (name: string, type: string): Promise<unknown> => {
  const found = zone[`${type} ${name.toLowerCase()}`];
  if (name.includes('broken')) throw Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
  if (!found) throw Object.assign(new Error('nothing'), { code: 'ENOTFOUND' });
  return found.map((text) => [text]);
};

const authenticate = openAuthenticate();
const body = '\r\nDear Alice,\r\n\r\nhi\r\n';
const mail = (from: string, rest = '') =>
  `From: ${from}\r\nTo: alice@mail.example.org\r\nSubject: Hello\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@example.com>\r\n${rest}`;

async function signed(
  raw: string,
  domain: string,
  { key = good.privateKey, ...more }: { key?: KeyObject; maxBodyLength?: number } = {},
) {
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { signatures, errors } = await dkimSign(raw, {
    signingDomain: domain,
    selector: 's',
    privateKey,
    signatureData: [{ signingDomain: domain, selector: 's', privateKey, ...more }],
  });
  expect(errors).toEqual([]);
  return signatures + raw;
}

type About = { from?: string; client?: string; trusted?: string[] };
const judge = (raw: string, { from = 'bob@example.com', client, trusted = [] }: About = {}) =>
  authenticate(pieces(Buffer.from(raw), 50), {
    envelope: {
      from,
      to: ['alice@mail.example.org'],
      ...(client && { client: { address: client, helo: 'mx.example.com' } }),
    },
    trusted,
    host: 'mail.example.org',
    resolver,
  });

const verdict = async (raw: string | Promise<string>, about?: About) => (await judge(await raw, about)).from;

describe('DKIM', () => {
  const plain = mail('Bob <bob@example.com>', body);
  it('vouches for the domain that signed, and those below it', async () => {
    expect(await judge(await signed(plain, 'example.com'))).toEqual({
      from: 'verified',
      why: 'dkim=pass (example.com) spf=none dmarc=none',
    });
    expect(await verdict(signed(mail('bob@sub.example.com', body), 'example.com'))).toBe('verified');
    expect(await verdict(signed(plain, 'sub.example.com'))).toBe('verified');
  });

  it.each([
    ['no signature', () => plain],
    ['a body that was changed', async () => (await signed(plain, 'example.com')).replace('hi', 'give me money')],
    [
      'a subject that was changed',
      async () => (await signed(plain, 'example.com')).replace('Subject: Hello', 'Subject: Money'),
    ],
    ['the key of somebody else', () => signed(plain, 'example.com', { key: other.privateKey })],
    ['the signature of somebody else', () => signed(plain, 'evil.example.net', { key: other.privateKey })],
    ['a domain without a key', () => signed(plain, 'www.example.com')],
    ['an end that is left open', async () => `${await signed(plain, 'example.com', { maxBodyLength: 10 })}and money`],
    ['a second From', async () => `From: boss@example.com\r\n${await signed(plain, 'example.com')}`],
    ['no From', () => plain.replace('From:', 'X-From:')],
    ['two authors', () => signed(mail('bob@example.com, carol@example.net', body), 'example.com')],
  ])('does not with %s', async (_, raw) => {
    expect(await verdict(raw())).toBe('unverified');
  });

  it('vouches for the address, not for the name before it', async () => {
    const forged = mail('"boss@example.com" <bob@evil.example.net>', body);
    expect(await judge(await signed(forged, 'example.com'))).toMatchObject({ from: 'unverified' });
    expect(await judge(await signed(forged, 'evil.example.net', { key: other.privateKey }))).toMatchObject({
      from: 'verified',
    });
  });

  it('does not under a public suffix that both share', async () => {
    expect(await verdict(signed(mail('bob@one.co.uk', body), 'example.com'))).toBe('unverified');
  });

  it('counts by the key that the domain has now', async () => {
    const name = 'TXT s._domainkey.moved.example';
    const raw = mail('bob@moved.example', body);
    const [before, after] = await Promise.all(
      [good, other].map(({ privateKey }) => signed(raw, 'moved.example', { key: privateKey })),
    );
    for (const now of [good, other, good]) {
      zone[name] = record(now.publicKey);
      expect(await verdict(before ?? '')).toBe(now === good ? 'verified' : 'unverified');
      expect(await verdict(after ?? '')).toBe(now === other ? 'verified' : 'unverified');
    }
    zone[name] = ['v=DKIM1; k=rsa; p='];
    expect(await verdict(before ?? '')).toBe('unverified');
    delete zone[name];
  });

  it('that cannot be looked up now is asked for again', async () => {
    expect(await verdict(signed(mail('bob@broken.example', body), 'broken.example'))).toBe('temporary');
    // That of somebody else changes nothing.
    expect(await verdict(signed(plain, 'broken.example'))).toBe('unverified');
  });
});

describe('headers that would keep their reader busy for a minute', () => {
  const results = (rest: string) =>
    `Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=bob@example.com${rest}\r\nReceived: from a by mx.example.org\r\n`;
  it.each([
    ['quotes without an end', results(` "${'\\"'.repeat(30_000)}`)],
    ['blanks without an end', results(`${'\t'.repeat(60_000)}x`)],
    ['a header of very many lines', `X-A: b${'=\r\n '.repeat(30_000)}\r\n${results('')}`],
    ['very many headers', `${'X-A: b\r\n'.repeat(15_000)}${results('')}`],
  ])('vouch for nobody: %s', async (_, head) => {
    const raw = head + mail('bob@example.com') + body;
    expect(await judge(raw, { trusted: ['mx.example.org'] })).toMatchObject({ from: 'unverified' });
    expect(await judge(results('') + raw.slice(head.length), { trusted: ['mx.example.org'] })).toMatchObject({
      from: 'verified',
    });
  });
});

describe('SPF', () => {
  const raw = mail('bob@example.com', body);
  it('counts by the address of who connected', async () => {
    expect(await verdict(raw, { client: '9.9.9.9' })).toBe('verified');
    expect(await verdict(raw, { client: '::ffff:9.9.9.9' })).toBe('verified');
    expect(await verdict(raw, { client: '8.8.8.8' })).toBe('unverified');
    expect(await verdict(raw, { client: '9.9.9.9', from: 'x@evil.example.net' })).toBe('unverified');
  });
  it('is not asked of our own mail server', async () => {
    expect(await judge(raw, { client: '127.0.0.1' })).toEqual({
      from: 'unverified',
      why: 'dkim=none spf=none dmarc=none',
    });
  });
  it('that cannot be looked up now is asked for again', async () => {
    expect(await verdict(mail('bob@broken.example', body), { from: 'bob@broken.example', client: '9.9.9.9' })).toBe(
      'temporary',
    );
  });
});

describe('DMARC', () => {
  const raw = mail('bob@strict.example.org', body);
  it('has a mail refused whose domain asks for that', async () => {
    expect(await verdict(raw, { from: 'bob@strict.example.org', client: '9.9.9.9' })).toBe('refused');
    expect(await verdict(signed(raw, 'strict.example.org'))).toBe('verified');
  });
  it('does not where a forwarder is trusted that saw it pass (ARC)', async () => {
    const arrived = await signed(raw, 'strict.example.org');
    const seal = {
      signingDomain: 'lists.example.net',
      selector: 's',
      privateKey: other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cv: 'none',
      i: 1,
      authResults: 'lists.example.net; dmarc=pass header.from=strict.example.org',
    };
    const changed = arrived.replace('Subject: Hello', 'Subject: [list] Hello');
    const forwarded = (await sealMessage(changed, seal)).toString() + changed;
    expect(await verdict(forwarded)).toBe('refused');
    expect(await verdict(forwarded, { trusted: ['lists.example.net'] })).toBe('verified');
    expect(await verdict(forwarded.replace('\r\nhi', '\r\nmoney'), { trusted: ['lists.example.net'] })).toBe('refused');
  });
});

describe('Authentication-Results', () => {
  const pass = 'Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=bob@example.com';
  const received = 'Received: from x by mx.example.org with ESMTP; Mon, 30 Nov 2026 10:00:00 +0100';
  const about = { trusted: ['mx.example.org'] };
  const with_ = (...headers: string[]) => `${headers.join('\r\n')}\r\n${mail('bob@example.com', body)}`;
  it.each([
    ['of our server', with_(pass, received), 'verified'],
    [
      'with comments and a version',
      with_(
        'Authentication-Results: (x; y) MX.example.org 1;\r\n spf=pass (ok; (really)) smtp.mailfrom="bob@example.com"',
        received,
      ),
      'verified',
    ],
    [
      'of our server among others of its',
      with_('Authentication-Results: mx.example.org; dkim=none', pass, received),
      'verified',
    ],
    ['for another domain', with_(pass.replace('bob@example.com', 'bob@evil.example.net'), received), 'unverified'],
    ['that is no pass', with_(pass.replace('pass', 'softfail'), received), 'unverified'],
    ['of another server', with_(pass.replace('mx.example.org', 'evil.example.net'), received), 'unverified'],
    ['of our server, below its Received', with_(received, pass), 'verified'],
    [
      'that came with the mail, below what our server says',
      with_(received, pass.replace('pass', 'fail'), pass),
      'unverified',
    ],
    ['that came with the mail, below what cannot be read', with_(received, `${pass} (`, pass), 'unverified'],
    [
      'that came with the mail, below what is said twice',
      with_(received, `${pass} smtp.mailfrom=x`, pass),
      'unverified',
    ],
    ['of the server before ours', with_(received, received, pass), 'unverified'],
    ['without any Received', with_(pass), 'unverified'],
    [
      'in a comment',
      with_('Authentication-Results: mx.example.org; none (; spf=pass smtp.mailfrom=bob@example.com)', received),
      'unverified',
    ],
    [
      'in a comment that does not end',
      with_('Authentication-Results: mx.example.org; x=y (; spf=pass smtp.mailfrom=bob@example.com', received),
      'unverified',
    ],
    [
      'in the helo of who sent it',
      with_(
        'Authentication-Results: mx.example.org; spf=none smtp.helo="x; spf=pass smtp.mailfrom=bob@example.com"',
        received,
      ),
      'unverified',
    ],
    ['that says a thing twice', with_(`${pass} smtp.mailfrom=bob@evil.example.net`, received), 'unverified'],
  ])('%s', async (_, raw, expected) => {
    expect(await verdict(raw, about)).toBe(expected);
  });
  it('are believed of nobody without an id', async () => {
    expect(await verdict(with_(pass, received))).toBe('unverified');
  });
  it('never make the reader fail', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, value) => {
        const headers = [
          { name: 'authentication-results', value: `${id};${value}` },
          { name: 'received', value: 'x' },
        ];
        expect(Array.isArray(trustedResults(headers, [id], 'spf'))).toBe(true);
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    ['bob@example.com', 'bob@example.com'],
    ['Bob.Smith+tag@EXAMPLE.Com', 'Bob.Smith+tag@example.com'],
    ['用户@例子.测试', '用户@例子.测试'],
    ['bob@xn--bcher-kva.example', 'bob@bücher.example'],
    ['alice=example.org@mail.example.org', 'alice=example.org@mail.example.org'],
    ['@relay.example,@x.example:bob@example.com', undefined],
    ['bob%example.com@relay.example', undefined],
    ['example.com!bob@relay.example', undefined],
    ['"bob"@example.com', undefined],
    ['"bob@evil.example x"@example.com', undefined],
    ['bob@example.com@evil.example', undefined],
    ['bob\\40evil.example@example.com', undefined],
    ['bob@example.com,eve@evil.example', undefined],
    ['bob@example.com\r\nRCPT TO:<eve@evil.example>', undefined],
    ['bob\0@example.com', undefined],
    ['.bob@example.com', undefined],
    ['bob.@example.com', undefined],
    ['b..b@example.com', undefined],
    ['bob@[127.0.0.1]', undefined],
    ['bob@127.0.0.1', undefined],
    ['bob@localhost', undefined],
    ['bob@-example.com', undefined],
    ['bob\u202e@example.com', undefined],
    [`${'b'.repeat(65)}@example.com`, undefined],
    [`bob@${'a.'.repeat(130)}com`, undefined],
    ['', undefined],
    ['@', undefined],
  ])('%j', (text, address) => {
    expect(mailAddress(text)).toBe(address);
  });

  const character = fc.constantFrom(
    'a',
    'B',
    '.',
    '@',
    '%',
    '!',
    '"',
    '\\',
    ',',
    ':',
    ';',
    '<',
    '>',
    '(',
    ')',
    ' ',
    '\r',
    '\n',
    '\0',
    'ü',
    '-',
    '[',
    '\u202e',
  );
  it('that is one is one for every reader: it has one @, no sign of a route, and comes out as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: character, maxLength: 20 }),
        fc.constantFrom('', '@example.com'),
        (local, domain) => {
          const address = mailAddress(local + domain);
          if (address === undefined) return;
          expect(address.split('@')).toHaveLength(2);
          expect(address).not.toMatch(/[%!"\\,:;<>()[\]\s\p{Cc}\p{Cf}]/u);
          expect(mailAddress(address)).toBe(address);
          expect(mailboxesOf(`"x, y" <${address}>`)).toEqual([{ address, name: 'x, y' }]);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
