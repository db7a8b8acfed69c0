import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MailRefused, usualLimits } from '#bridges/email/wire/mail.ts';
import { parseMail } from '#bridges/email/wire/parse.ts';
import { splitMail } from '#bridges/email/wire/split.ts';
import { pieces, readMail } from './read-mail.ts';

const HEAD = 'From: Bob <bob@example.com>\nTo: alice@mail.example.org\nMessage-ID: <1@example.com>\n';

const multipart = (...parts: readonly string[]): string =>
  `${HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b1"\n\npreamble\n${parts.map((part) => `--b1\n${part}\n`).join('')}--b1--\nepilogue\n`;

const nested = (depth: number): string =>
  `${HEAD}Content-Type: multipart/mixed; boundary=x0\n\n${Array.from({ length: depth }, (_, at) => `--x${at}\nContent-Type: multipart/mixed; boundary=x${at + 1}\n\n`).join('')}`;

const textOf = async (raw: string | Uint8Array) => (await readMail(raw)).mail.text;

describe('a mail is taken apart', () => {
  it('into text and files, whatever the pieces in which it comes', async () => {
    const raw = multipart(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ngr=C3=BC=\n=C3=9Fe \nzwei',
      'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment; filename="a.pdf"\nContent-Transfer-Encoding: base64\n\nSGVsbG8g\nd29ybGQ=',
      'Content-Type: image/png\nContent-Disposition: inline\nContent-ID: <pic@x>\n\n\x01\x02\n--b1x\n-- b1\nend',
    ).replaceAll('\n', '\r\n');
    for (const chunk of [1, 2, 3, 7, 64, 5000]) {
      const { mail, files } = await readMail(raw, { chunk });
      expect(mail.text).toBe('grüße\nzwei');
      expect(files.map(({ bytes }) => bytes.toString())).toEqual(['Hello world', '\x01\x02\r\n--b1x\r\n-- b1\r\nend']);
      expect(mail.files).toEqual([
        { part: 0, name: 'a.pdf', type: 'application/pdf', inline: false },
        { part: 1, type: 'image/png', inline: true, contentId: 'pic@x' },
      ]);
    }
  });

  it('with the headers that a bridge reads, the encrypted and the wishes of its sender', async () => {
    const { mail } = await readMail(
      'From: "Bob, the Builder" <Bob@EXAMPLE.com>\nSender: Sue <sue@example.com>\nReply-To: list@example.com\n' +
        'To: A: <a@example.com>, b@example.com;, Carol <c@example.com>\nCc: d@example.com\nSubject: =?utf-8?Q?Caf=C3?=\n =?utf-8?Q?=A9?=\n' +
        'Message-ID: <1@x>\nIn-Reply-To: <0@x>\nReferences: <r1@x> <r2@x>\n\t<0@x>\nDate: Sun, 29 Nov 2026 21:00:00 +0100 (CET)\n' +
        'Content-Language: de-DE\nDisposition-Notification-To: bob@example.com\n\nhi\n',
    );
    expect(mail).toMatchObject({
      from: { address: 'Bob@example.com', name: 'Bob, the Builder' },
      sender: { address: 'sue@example.com' },
      replyTo: [{ address: 'list@example.com' }],
      to: [{ address: 'a@example.com' }, { address: 'b@example.com' }, { address: 'c@example.com', name: 'Carol' }],
      cc: [{ address: 'd@example.com' }],
      subject: 'Café',
      messageId: '1@x',
      inReplyTo: ['0@x'],
      references: ['r1@x', 'r2@x', '0@x'],
      date: Date.parse('2026-11-29T20:00:00Z'),
      language: 'de-DE',
      wantsDisposition: true,
      text: 'hi',
    });
    const encrypted = await readMail(
      `${HEAD}Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\n\n--b\nContent-Type: application/octet-stream\n\nx\n--b--\n`,
    );
    expect(encrypted.mail.encrypted).toBe('pgp');
    expect((await readMail(`${HEAD}Content-Type: application/pkcs7-mime; name=smime.p7m\n\nx`)).mail.encrypted).toBe(
      'smime',
    );
  });

  it('where a boundary is missing, never begins, or ends more than it should', async () => {
    expect(await textOf(`${HEAD}Content-Type: multipart/mixed\n\nall of it\n`)).toBe('all of it');
    expect(await textOf(`${HEAD}Content-Type: multipart/mixed; boundary=nowhere\n\nall of it\n`)).toBe('all of it');
    const open = multipart(
      'Content-Type: multipart/alternative; boundary=in\n\n--in\nContent-Type: text/plain\n\none',
      'Content-Type: text/plain\n\ntwo',
    );
    expect(await textOf(open)).toBe('one\n\ntwo');
    expect(await textOf(`${HEAD}\nno MIME at all`)).toBe('no MIME at all');
    expect(await textOf(HEAD)).toBeUndefined();
  });

  it('and HTML that stands beside a text is one, too', async () => {
    const { mail } = await readMail(
      multipart('Content-Type: text/plain\n\none', 'Content-Type: text/html\n\n<p>two <b>and</b> three</p>'),
    );
    expect(mail.text).toBe('one\n\ntwo and three');
    const alternative = await readMail(
      `${HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>yes</p>\n--b--`,
    );
    expect(alternative.mail).toMatchObject({ html: '<p>yes</p>' });
    expect(alternative.mail.text).toBeUndefined();
  });

  it('with flowed lines joined (RFC 3676), each depth for itself', async () => {
    const flowed = `${HEAD}Content-Type: text/plain; format=flowed\n\n> a long \n> quote\n>> deeper \n> up\nand \nhere\n stuffed\n-- \nBob\n`;
    expect(await textOf(flowed)).toBe('> a long quote\n>> deeper \n> up\nand here\nstuffed\n-- \nBob');
    expect(await textOf(`${HEAD}Content-Type: text/plain; format=flowed; delsp=yes\n\n日本 \n語\n`)).toBe('日本語');
  });
});

describe('charsets', () => {
  const mail = (type: string, bytes: string) =>
    Buffer.concat([Buffer.from(`${HEAD}${type}\n\n`), Buffer.from(bytes, 'latin1')]);
  it.each([
    ['as named', 'Content-Type: text/plain; charset=iso-8859-15', 'f\xfcr 5 \xa4', 'für 5 €'],
    ['of Japan', 'Content-Type: text/plain; charset=ISO-2022-JP', '\x1b$BF|K\\8l\x1b(B', '日本語'],
    ['of Japan, unnamed', 'Content-Type: text/plain', '\x1b$BF|K\\8l\x1b(B', '日本語'],
    ['by a name of Windows', 'Content-Type: text/plain; charset=cp932', '\x93\xfa\x96{', '日本'],
    ['in UTF-8 that says it is Latin', 'Content-Type: text/plain; charset=iso-8859-1', 'f\xc3\xbcr', 'für'],
    ['in Latin that says it is UTF-8', 'Content-Type: text/plain; charset=utf-8', 'f\xfcr', 'für'],
    ['in UTF-8 that says nothing', '', 'f\xc3\xbcr', 'für'],
    ['that nobody knows', 'Content-Type: text/plain; charset=x-klingon', 'f\xfcr', 'für'],
    ['in Latin that says it is ASCII', 'Content-Type: text/plain; charset=us-ascii', 'f\xfcr', 'für'],
    ['with a character cut at the end', 'Content-Type: text/plain; charset=utf-8', 'f\xc3\xbcr \xe2\x82', 'für \ufffd'],
  ])('%s', async (_, type, bytes, text) => {
    expect(await textOf(mail(type || 'X: y', bytes))).toBe(text);
  });

  it.each([
    ['=?utf-8?B?4pi?= =?utf-8?B?D?=', '☃'],
    ['=?utf-8?Q?=E2=98?=\n =?UTF-8?Q?=83?= and', '☃ and'],
    ['=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=', '日本'],
    ['=?utf-8?Q?a?= b =?utf-8?Q?c?=', 'a b c'],
    ['=?utf-8*de?q?gr=C3=BC=C3=9Fe?=', 'grüße'],
    ['=?x?Z?broken?= =?utf-8?Q?open', '=?x?Z?broken?= =?utf-8?Q?open'],
    ['gr\u00fc\u00dfe', 'grüße'],
  ])('in the header %j', async (subject, decoded) => {
    expect((await readMail(`${HEAD}Subject: ${subject}\n\nx`)).mail.subject).toBe(decoded);
  });
});

describe('names of files', () => {
  const named = async (headers: string | Uint8Array) => {
    const raw = Buffer.concat([
      Buffer.from(`${HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n`),
      Buffer.from(headers),
      Buffer.from('\n\nx\n--b--\n'),
    ]);
    return (await readMail(raw)).files.map(({ name }) => name);
  };
  it.each([
    ["Content-Disposition: attachment; filename*=utf-8'en'%e2%82%ac%20rates.pdf", '€ rates.pdf'],
    [
      'Content-Disposition: attachment; filename*0*=UTF-8\'\'Gr%C3; filename*1*=%BC%C3%9Fe; filename*2=.txt; filename="x.txt"',
      'Grüße.txt',
    ],
    ['Content-Disposition: attachment; filename*1="b.txt"; filename*0="a"', 'ab.txt'],
    ["Content-Disposition: attachment; filename*=iso-8859-1''f%FCr.txt", 'für.txt'],
    ['Content-Type: application/pdf; name="=?utf-8?B?R3LDvMOfZS5wZGY=?="', 'Grüße.pdf'],
    ['Content-Type: application/pdf;\n name="=?iso-2022-jp?B?GyRCRnxLXBsoQi5wZGY=?="', '日本.pdf'],
    ['Content-Disposition: attachment; filename=two words.txt', 'two words.txt'],
    ['Content-Disposition: attachment; filename="Grüße.txt"', 'Grüße.txt'],
    ['Content-Disposition: attachment; filename="../../etc/passwd"', 'passwd'],
    ['Content-Disposition: attachment; filename="C:\\\\temp\\\\a.exe"', 'a.exe'],
    ['Content-Disposition: attachment; filename="a\u202egnp.exe"', 'agnp.exe'],
    ['Content-Disposition: attachment; filename="a\\"b;c.txt"', 'a_b;c.txt'],
    ['Content-Disposition: attachment; filename=".."', undefined],
    [`Content-Disposition: attachment; filename="${'a'.repeat(500)}.txt"`, `${'a'.repeat(196)}.txt`],
    ['Content-Type: message/rfc822', 'message.eml'],
  ])('%s', async (headers, name) => {
    expect(await named(headers)).toEqual([name]);
  });
  it('in raw Latin', async () => {
    expect(await named(Buffer.from('Content-Disposition: attachment; filename="f\xfcr.txt"', 'latin1'))).toEqual([
      'für.txt',
    ]);
  });
});

describe('refused is', () => {
  it.each([
    ['what is too large', `${HEAD}\n${'x'.repeat(2000)}`, { ...usualLimits, size: 1000 }, 552],
    ['too many headers', `${HEAD}${'X-A: b\n'.repeat(200_000)}\nx`, usualLimits, 552],
    ['a header without an end', `${HEAD}X-A: ${'b'.repeat(300_000)}`, usualLimits, 552],
    ['too many parts', multipart(...Array.from({ length: 3000 }, () => '\nx')), usualLimits, 554],
    ['3000 parts within each other', nested(3000), usualLimits, 554],
    ['two From', `${HEAD}From: boss@good.example\n\nx`, usualLimits, 554],
    ['two in one From', `From: a@example.com, b@example.com\n\nx`, usualLimits, 554],
    ['no From', 'To: a@example.com\n\nx', usualLimits, 554],
  ])('%s', async (_, raw, limits, status) => {
    const failure = await readMail(raw, { limits }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MailRefused);
    expect(failure).toMatchObject({ status });
  });

  it('no text that is too long: its beginning is kept', async () => {
    const { mail } = await readMail(`${HEAD}\n${'0123456789'.repeat(200)}`, { limits: { ...usualLimits, text: 100 } });
    expect(mail).toMatchObject({ textCut: true, text: '0123456789'.repeat(10) });
  });
});

describe('an author', () => {
  it.each([
    ['"boss@good.example" <evil@x.example>', 'evil@x.example'],
    ['"a@evil x"@good.example', ''],
    ['<@relay.example:bob@example.com>', ''],
    ['bob%example.com@relay.example', ''],
    ['evil!bob@example.com', ''],
    ['MAILER-DAEMON', ''],
    ['bob@[192.0.2.1]', ''],
    ['bob@bücher.example', 'bob@bücher.example'],
  ])('%s', async (from, address) => {
    expect((await readMail(`From: ${from}\n\nx`)).mail.from.address).toBe(address);
  });
  it('is not told from what follows a lone CR or a NUL', async () => {
    const { mail } = await readMail('From: bob@example.com\nSubject: a\rFrom: boss@good.example\0x\n\nx\0y\r\rz');
    expect(mail).toMatchObject({
      from: { address: 'bob@example.com' },
      subject: 'a From: boss@good.example x',
      text: 'xy\n\nz',
    });
  });
});

describe('whatever comes', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '--b',
      '--b--',
      '',
      'Content-Type: multipart/mixed; boundary=b',
      'Content-Type: text/html',
      'Content-Transfer-Encoding: base64',
      'Content-Transfer-Encoding: quoted-printable',
      'From: a@b.example',
      'Content-Disposition: attachment; filename*0*=x',
      '=?utf-8?B?',
      '<blockquote><div>',
      '> x',
      '=3D=',
      '\x1b$B',
    ),
    fc.string(),
  );
  it('is read or refused, and nothing else is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), async (lines, chunk) => {
        const raw = Buffer.from(`From: bob@example.com\n${lines.join('\r\n')}`);
        const outcome = await readMail(raw, { chunk }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MailRefused);
      }),
      { numRuns: 300 },
    );
  });

  it('bytes of a file arrive whole in either encoding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 40 }), async (content, chunk) => {
        const base64 = Buffer.from(content).toString('base64').replace(/.{60}/g, '$&\r\n');
        const quoted = [...content]
          .map((byte) => `=${byte.toString(16).padStart(2, '0')}`)
          .join('')
          .replace(/.{60}/g, '$&=\r\n');
        const part = (encoding: string, body: string) =>
          `Content-Type: application/x\nContent-Transfer-Encoding: ${encoding}\n\n${body}`;
        const { files } = await readMail(multipart(part('base64', base64), part('Quoted-Printable', quoted)), {
          chunk,
        });
        for (const { bytes } of files) expect(bytes.equals(Buffer.from(content))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('keeping files', () => {
  const raw = Buffer.from(
    multipart(`Content-Type: application/x\n\n${'x'.repeat(100_000)}`, 'Content-Type: text/plain\n\nhi'),
  );
  it('rejects with what the keeper rejects with, though nobody reads on', async () => {
    const full = new Error('the quota is used up');
    await expect(splitMail(pieces(raw, 1000), () => Promise.reject(full), usualLimits)).rejects.toBe(full);
  });
  it('goes on when the keeper wants no more of it', async () => {
    const slim = await splitMail(pieces(raw, 1000), () => Promise.resolve(), usualLimits);
    expect(parseMail(slim).text).toBe('hi');
  });
  it('tells the reader of a mail that ends too large', async () => {
    let told: unknown;
    const keep = async (_: unknown, bytes: ReadableStream<Uint8Array>) => {
      await Array.fromAsync(bytes).catch((error: unknown) => (told = error));
    };
    await expect(splitMail(pieces(raw, 1000), keep, { ...usualLimits, size: 50_000 })).rejects.toBeInstanceOf(
      MailRefused,
    );
    expect(told).toBeInstanceOf(MailRefused);
  });
});
