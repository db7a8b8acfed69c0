import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBridge } from '#bridges/email/bridge.ts';
import { config as configSchema } from '#bridges/email/config.ts';
import type { Bridge, Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { testHost } from '../../../contract/host.ts';
import { post, vouched } from '../../../fakes/mail-server.ts';
import { startNameServer } from '../../../fakes/name-server.ts';

const DOMAIN = 'mail.example';
const BOB = 'bob@example.com';
const ROMEO = `romeo=a.example@${DOMAIN}`;
const SECOND = 1_000_000;

const HEAD = `${vouched(BOB)}\nFrom: Bob <${BOB}>\nTo: <${ROMEO}>\n`;
const mail = (rest: string, body = 'Hello'): string => `${HEAD}${rest}\n\n${body}\n`;
const multipart = (boundary: string, body: string): string =>
  mail(`MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=${boundary}`, body);
const many = (count: number, one: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => one(at)).join('');
const text = (body: string): string => `Content-Type: text/plain\n\n${body}\n`;
const html = (body: string): string => mail('Content-Type: text/html; charset=utf-8', body);

/** The whole bridge, behind a real LMTP port. */
async function listening() {
  const names = await startNameServer({});
  const ports: number[] = [];
  const closing: (() => Promise<void>)[] = [];
  const listen: Host['listen'] = async (_endpoint, onSocket) => {
    const server = createServer(onSocket);
    server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    ports.push(port);
    const close = () => new Promise<void>((closed) => server.close(() => closed()));
    closing.push(close);
    return { port, close };
  };
  const { host, drafts } = testHost(DOMAIN, {}, { listen });
  const config = configSchema.parse({
    ...{ domain: DOMAIN, authserv: ['mx.example'], dns: `127.0.0.1:${names.port}` },
    outgoing: { host: '127.0.0.1', port: 9, tls: 'off' },
    incoming: { lmtp: '127.0.0.1:0' },
  });
  const bridge: Bridge = await openBridge(config, host);
  const [port = 0] = ports;
  return {
    drafts,
    /** What a mail is answered. */
    async say(raw: string, from = BOB): Promise<string> {
      const [answer = ''] = await post(port, { from, to: [ROMEO], raw });
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await bridge[Symbol.asyncDispose]();
      await Promise.all(closing.map((close) => close()));
      await names[Symbol.asyncDispose]();
    },
  };
}

const saidIn = (drafts: readonly Draft[]): string[] =>
  drafts.flatMap((one) => (one.kind === 'message' ? [one.text] : []));

describe('a mail that is made to do harm', () => {
  let world: Awaited<ReturnType<typeof listening>>;
  beforeAll(async () => {
    world = await listening();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** `wanted` is how it is answered, `says` what is told of it. */
  const cases: [string, () => string, RegExp, string?][] = [
    ['10,000 parts', () => multipart('b', `${many(10_000, () => `--b\n${text('x')}`)}--b--`), /^554/],
    [
      '10,000 parts without a line in them',
      () =>
        multipart(
          'b',
          many(10_000, () => '--b\n'),
        ),
      /^554/,
    ],
    [
      '3,000 parts within each other',
      () =>
        multipart(
          'x0',
          many(3000, (at) => `--x${at}\nContent-Type: multipart/mixed; boundary=x${at + 1}\n\n`),
        ),
      /^554/,
    ],
    [
      '3,000 mails within each other',
      () =>
        mail(
          'Content-Type: message/rfc822',
          many(3000, () => 'Content-Type: message/rfc822\n\n'),
        ),
      /^250/,
    ],
    ['200,000 headers', () => mail(many(200_000, () => 'X-A: b\n').trim()), /^552/],
    ['200,000 headers in a part', () => multipart('b', `--b\n${many(200_000, () => 'X-A: b\n')}\nx\n--b--`), /^552/],
    ['a header of 1 MB', () => mail(`X-A: ${'b'.repeat(1_000_000)}`), /^552/],
    ['a header of 1 MB in 100,000 lines', () => mail(`X-A: b${many(100_000, () => '\n bbbbbbbb')}`), /^552/],
    ['a subject of 3,000 encoded words', () => mail(`Subject:${many(3000, () => '\n =?utf-8?q?=C3=BC?=')}`), /^250/],
    ['10,000 mailboxes', () => mail(`Cc: ${many(10_000, (at) => `a${at}@b.co,`)}c@d.example`), /^(?:250|552)/],
    ['comments without end', () => mail(`Cc: ${'('.repeat(100_000)}`), /^250/],
    ['groups without end', () => mail(`Cc: ${'a:'.repeat(50_000)}`), /^250/],
    ['quotes without end', () => mail(`Cc: ${'"\\'.repeat(50_000)}`), /^250/],
    [
      '10,000 mails that it answers',
      () => mail(`References: ${many(10_000, (at) => `<${at}@b.co> `)}`),
      /^(?:250|552)/,
    ],
    [
      '1,000 signatures',
      () =>
        `${many(1000, (at) => `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s${at}; h=from; bh=YQ==; b=YQ==\n`)}${mail('X: y')}`,
      /^250/,
    ],
    [
      'a name in 5,000 pieces',
      () =>
        multipart('b', `--b\nContent-Disposition: attachment${many(5000, (at) => `;\n filename*${at}=x`)}\n\nx\n--b--`),
      /^250/,
    ],
    [
      'a boundary of 100,000 signs',
      () => multipart('b'.repeat(100_000), `--${'b'.repeat(100_000)}\n${text('in')}`),
      /^250/,
    ],
    ['an empty boundary', () => multipart('""', `--\n${text('in')}----\n`), /^250/],
    [
      'the same boundary within',
      () => multipart('b', `--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n${text('in')}--b--`),
      /^250/,
      'in',
    ],
    [
      'a boundary that begins another',
      () => multipart('b', `--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n${text('in')}--bb--\n--b--`),
      /^250/,
      'in',
    ],
    [
      'a boundary that is no plain text',
      () => multipart('"(.*)+$[^]{9}"', `--(.*)+$[^]{9}\n${text('in')}--(.*)+$[^]{9}--`),
      /^250/,
      'in',
    ],
    [
      'two boundaries',
      () => multipart('a; boundary=b', `--a\n${text('in a')}--a--\n--b\n${text('in b')}--b--`),
      /^250/,
    ],
    [
      'two types',
      () => mail('Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b', `--b\n${text('in')}--b--`),
      /^250/,
    ],
    [
      '10 MB of base64 as text',
      () =>
        mail(
          'Content-Transfer-Encoding: base64',
          many(160_000, () => `${'QUFB'.repeat(15)}\n`),
        ),
      /^250/,
    ],
    ['10 MB of base64 in one line', () => mail('Content-Transfer-Encoding: base64', 'QUFB'.repeat(2_500_000)), /^250/],
    [
      'base64 of nothing but signs that are none',
      () => mail('Content-Transfer-Encoding: base64', '=!'.repeat(2_500_000)),
      /^250/,
    ],
    [
      '5 MB of quoted-printable that never ends a line',
      () => mail('Content-Transfer-Encoding: quoted-printable', 'a=\n'.repeat(1_700_000)),
      /^250/,
    ],
    ['5 MB of equals signs', () => mail('Content-Transfer-Encoding: quoted-printable', '='.repeat(5_000_000)), /^250/],
    ['5 MB of spaces', () => mail('Content-Transfer-Encoding: quoted-printable', `${' '.repeat(5_000_000)}x`), /^250/],
    ['a line of 5 MB', () => mail('X: y', 'a'.repeat(5_000_000)), /^250/],
    ['2,000,000 empty lines', () => mail('X: y', '\n'.repeat(2_000_000)), /^250/],
    [
      'quotes of quotes',
      () =>
        mail(
          'X: y',
          many(900, (at) => `${'>'.repeat(at)} x\n`),
        ),
      /^250/,
    ],
    [
      'lines that begin a quote and are none',
      () =>
        mail(
          'X: y',
          many(20_000, () => 'On Mon, 1 May 2026 at 10:00, Bob <bob@example.com>\n'),
        ),
      /^(?:250|554)/,
    ],
    ['a line that begins a quote', () => mail('X: y', `On ${'a '.repeat(400_000)}wrote`), /^(?:250|554)/],
    ['dashes without end', () => mail('X: y', '-- \n'.repeat(200_000)), /^250/],
    ['flowed lines without end', () => mail('Content-Type: text/plain; format=flowed', 'a \n'.repeat(300_000)), /^250/],
    ['200,000 elements within each other', () => html('<div>'.repeat(200_000)), /^250/],
    ['1 MB of angle brackets', () => html('<'.repeat(1_000_000)), /^250/],
    ['attributes without end', () => html(`<a ${'b=" '.repeat(200_000)}`), /^250/],
    ['comments without end in a page', () => html('<!--'.repeat(200_000)), /^250/],
    [
      'a table of 1,000,000,000 columns',
      () => html('<table><tr><td colspan=1000000000 rowspan=1000000000>x</table>'),
      /^250/,
      'x',
    ],
    ['100,000 links', () => html('<a href="https://a.example/?x">y</a>'.repeat(30_000)), /^250/],
    ['10,000 quotes within each other', () => html('<blockquote type="cite">'.repeat(10_000)), /^250/],
    ['signs of every kind', () => html('&#1114112;&#xD800;&#0;&lt;&amp;lt;'.repeat(20_000)), /^250/],
    ['two authors', () => mail(`From: boss@good.example`), /^554/],
    ['an author before another', () => mail('X: y').replace(`Bob <${BOB}>`, `boss@good.example, ${BOB}`), /^554/],
  ];

  it.each(cases)('by %s costs little, and the next one comes', { timeout: 60_000 }, async (_, raw, wanted, says) => {
    const { drafts, say } = world;
    drafts.length = 0;
    const before = process.threadCpuUsage();
    const content = raw();
    const answer = await say(content);
    const { user, system } = process.threadCpuUsage(before);
    expect(answer).toMatch(wanted);
    if (!answer.startsWith('250')) expect(drafts).toEqual([]);
    if (says !== undefined) expect(saidIn(drafts)).toEqual([says]);
    for (const said of saidIn(drafts)) expect(said.length).toBeLessThan(1_001_000);
    expect(user + system).toBeLessThan(2 * SECOND);
    drafts.length = 0;
    expect(await say(mail('Subject: Fine'))).toMatch(/^250/);
    expect(saidIn(drafts)).toHaveLength(1);
  });

  it.each([
    ['"boss@good.example" <evil@x.example>', undefined],
    ['"boss\uff20good.example" <evil@x.example>', undefined],
    ['=?utf-8?q?boss=40good=2Eexample?= <evil@x.example>', undefined],
    ['"boss@good.example" evil@x.example', undefined],
    ['"The \u202eBoss\u0000" <evil@x.example>', 'The Boss'],
  ])('says %j and is that of who has sent it, under no name that is an address', async (from, name) => {
    const { drafts, say } = world;
    drafts.length = 0;
    const raw = mail('X: y').replace(vouched(BOB), vouched('evil@x.example')).replace(`Bob <${BOB}>`, from);
    const answer = await say(raw, 'evil@x.example');
    if (!answer.startsWith('250')) return expect([answer.slice(0, 3), drafts]).toEqual(['550', []]);
    expect(drafts).toMatchObject([{ place: { id: 'evil@x.example' }, from: { id: 'evil@x.example' } }]);
    expect(drafts[0]?.from).toEqual({ kind: 'network', id: 'evil@x.example', ...(name !== undefined && { name }) });
  });
});
