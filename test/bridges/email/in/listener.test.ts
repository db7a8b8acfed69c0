import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type MailIntake, openListener } from '#bridges/email/in/listener.ts';
import { LATER, NO_SUCH_USER, type RecipientAnswer, TAKEN } from '#bridges/email/in/recipients.ts';
import { usualLimits } from '#bridges/email/wire/mail.ts';
import { splitMail } from '#bridges/email/wire/split.ts';
import type { Host } from '#src/bridge.ts';
import { handClock } from '../../../hand-clock.ts';

type Given = {
  readonly protocol?: 'smtp' | 'lmtp';
  readonly answers?: readonly RecipientAnswer[];
  maxSize?: number;
  readonly forwarders?: readonly string[];
};

/** A listener to which bytes are written as they are. `taken` are the mails that it has handed on. */
async function listening({ protocol = 'smtp', answers = [], maxSize = 1_000_000, forwarders = [] }: Given = {}) {
  const taken: { text: string; to: readonly string[]; from: string; client: unknown }[] = [];
  const clock = handClock();
  const intake: MailIntake = {
    recipient: async (address) => (address.endsWith('@mail.example') ? undefined : NO_SUCH_USER),
    paused: () => false,
    async take(mail, { to, from, client }) {
      const pieces: Uint8Array[] = [];
      const read = async function* () {
        for await (const piece of mail) {
          pieces.push(piece);
          yield piece;
        }
      };
      await splitMail(read(), async () => undefined, { ...usualLimits, size: maxSize });
      taken.push({ text: Buffer.concat(pieces).toString('latin1'), to, from, client });
      return to.map((_, at) => answers[at] ?? TAKEN);
    },
  };
  const server = createServer();
  const sockets = new Set<Socket>();
  const log = { debug: () => undefined, error: () => undefined, warn: () => undefined, info: () => undefined };
  const host = {
    log,
    clock,
    async listen(_endpoint: unknown, onSocket: (socket: Socket) => void) {
      server.on('connection', (socket) => {
        sockets.add(socket);
        onSocket(socket);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { port: (server.address() as AddressInfo).port, close: async () => undefined };
    },
  } as unknown as Host;
  const config = { domain: 'mail.example', max_size: maxSize, forwarders } as never;
  const listener = await openListener(protocol, { host: '127.0.0.1', port: 0 }, { host, config, intake });
  return {
    taken,
    clock,
    port: listener.port,
    /** All that is answered to these bytes, which end the connection: each answer with its code alone, or whole. */
    async say(...pieces: readonly string[]): Promise<string[]> {
      const socket = connect(listener.port, '127.0.0.1');
      let heard = '';
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1');
      });
      await once(socket, 'data');
      for (const piece of pieces)
        if (!socket.write(piece, 'latin1')) await once(socket, 'drain').catch(() => undefined);
      if (!socket.destroyed) await once(socket, 'close');
      return heard
        .split('\r\n')
        .filter((line) => /^\d{3} /.test(line))
        .slice(1);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await listener.end();
    },
  };
}

const begin = (...to: readonly string[]) =>
  `EHLO mx.example\r\nMAIL FROM:<bob@example.com>\r\n${to.map((one) => `RCPT TO:<${one}@mail.example>\r\n`).join('')}DATA\r\n`;
const codes = (answers: readonly string[]) => answers.map((one) => one.slice(0, 3));
const MAIL = 'From: bob@example.com\r\n\r\nHello\r\n';
const SECOND =
  'MAIL FROM:<evil@example.net>\r\nRCPT TO:<b@mail.example>\r\nDATA\r\nFrom: evil@example.net\r\n\r\nSmuggled\r\n.\r\nQUIT\r\n';

describe('what mail servers say to the listener', () => {
  it.each([['\n.\n'], ['\n.\r\n'], ['\r\n.\n'], ['\r.\r\n'], ['\r.\r'], ['\r\n.\r'], ['\n\n.\r\r\n'], ['\r\n\0.\r\n']])(
    '%j ends no mail: what follows is its text',
    async (end) => {
      await using it = await listening();
      await it.say(begin('a'), `${MAIL.slice(0, -2)}${end}${SECOND}`);
      expect(it.taken.map(({ to }) => to)).toEqual([['a@mail.example']]);
      expect(it.taken[0]?.text).toContain('Smuggled');
    },
  );

  it('has an answer for each recipient that it lets in, however that one is written', async () => {
    await using it = await listening({ protocol: 'lmtp' });
    const answers = await it.say(`${begin('a', 'A', 'b').replace('EHLO', 'LHLO')}${MAIL}.\r\nQUIT\r\n`);
    expect(codes(answers)).toEqual(['250', '250', '250', '452', '250', '354', '250', '250', '221']);
    expect(it.taken.map(({ to }) => to)).toEqual([['a@mail.example', 'b@mail.example']]);
  });

  it('answers in one write what was said in one', async () => {
    await using it = await listening({ protocol: 'lmtp' });
    const socket = connect(it.port, '127.0.0.1');
    const heard = async (): Promise<string[]> => {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      return codes(bytes.toString().trimEnd().split('\r\n'));
    };
    expect(await heard()).toEqual(['220']);
    socket.write('LHLO mx.example\r\n');
    await heard();
    socket.write(begin('a', 'b').replace(/^.*\r\n/, ''));
    expect(await heard()).toEqual(['250', '250', '250', '354']);
    socket.write(`${MAIL}.\r\n`);
    expect(await heard()).toEqual(['250', '250']);
    socket.destroy();
  });

  it('takes commands in a row, and two mails in one write', async () => {
    await using it = await listening();
    const answers = await it.say(`${begin('a')}${MAIL}.\r\n${SECOND}`);
    expect(codes(answers)).toEqual(['250', '250', '250', '354', '250', '250', '250', '354', '250', '221']);
    expect(it.taken.map(({ text }) => text.includes('Smuggled'))).toEqual([false, true]);
  });

  it.each([
    ['too many headers', `From: bob@example.com\r\n${'X-A: b\r\n'.repeat(40_000)}\r\n`],
    ['a header without an end', `From: bob@example.com\r\nX-A: ${'b'.repeat(300_000)}`],
    ['more than it may be', `From: bob@example.com\r\n\r\n${'text\r\n'.repeat(200_000)}`],
    [
      'parts without end',
      `From: bob@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n\r\n'.repeat(10_000)}`,
    ],
  ])('refuses a mail with %s once, and what is in it is no command', async (_, head) => {
    await using it = await listening();
    const answers = await it.say(
      begin('a'),
      `${head}\r\nRSET\r\n${SECOND.replace('.\r\n', '')}`,
      '\r\n.\r\n',
      'QUIT\r\n',
    );
    expect(it.taken).toEqual([]);
    expect(codes(answers)).toEqual(['250', '250', '250', '354', expect.stringMatching(/^55[24]$/), '221']);
  });

  it.each([
    ['LOGIN', 'AUTH LOGIN', '5'],
    ['PLAIN', 'AUTH PLAIN AGEAYg==', '5'],
    ['TLS', 'STARTTLS', '5'],
    ['chunks', 'BDAT 5 LAST', '5'],
    ['a web page', 'POST / HTTP/1.1', '421'],
    ['who connects', 'XCLIENT ADDR=192.0.2.1', '5'],
    ['who connected', 'XFORWARD ADDR=192.0.2.1', '5'],
    ['8 bit', 'MAIL FROM:<b\xff\xfeb@example.com>', ''],
    ['a NUL', 'MAIL FROM:<b\0b@example.com>', ''],
    ['a second sender', 'MAIL FROM:<a@example.com>\r\nMAIL FROM:<b@example.com>', ''],
    ['a declared size', 'MAIL FROM:<a@example.com> SIZE=1073741824', '552'],
  ])('answers %s', async (_, line, wanted) => {
    await using it = await listening();
    const answers = await it.say(`EHLO mx.example\r\n${line}\r\nQUIT\r\n`);
    expect(answers[1]).toMatch(new RegExp(`^${wanted || '[25]'}`));
  });

  it.each(['XCLIENT', 'XFORWARD'])('is told by %s of a mail server of ours who has connected', async (word) => {
    await using it = await listening({ forwarders: ['127.0.0.1'] });
    const told = `EHLO mx.example\r\n${word} ADDR=192.0.2.1 NAME=far.example HELO=helo.example\r\n`;
    await it.say(`${told}${begin('a')}${MAIL}.\r\nQUIT\r\n`);
    expect(it.taken[0]?.client).toMatchObject({ address: '192.0.2.1' });
  });

  it('holds no place for a mail that drips in', async () => {
    await using it = await listening();
    const socket = connect(it.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    await once(socket, 'data');
    socket.write(`${begin('a')}From: bob@example.com\r\n\r\nHel`);
    await once(socket, 'data');
    const closed = new Promise((done) => socket.once('close', done));
    for (const minutes of [10, 10, 10]) {
      socket.write('l');
      it.clock.advance(minutes * 60_000);
    }
    await closed;
    expect(it.taken).toEqual([]);
  });

  it('takes a hundred recipients, and asks for the others later', async () => {
    await using it = await listening();
    const many = Array.from({ length: 1000 }, (_, at) => `a${at}`);
    const answers = await it.say(begin(...many), `${MAIL}.\r\n`, 'QUIT\r\n');
    expect(it.taken[0]?.to).toHaveLength(100);
    expect(codes(answers).filter((code) => code === '452')).toHaveLength(900);
  });

  it('ends a line without an end', async () => {
    await using it = await listening();
    const answers = await it.say(...Array.from({ length: 100 }, () => 'a'.repeat(10_000)));
    expect(codes(answers)).toEqual(['421']);
  });

  it('has a mail for several by SMTP come again where it is not taken for one of them now', async () => {
    await using some = await listening({ answers: [TAKEN, LATER] });
    expect(codes(await some.say(begin('a', 'b'), `${MAIL}.\r\nQUIT\r\n`)).at(-2)).toBe('451');
    await using one = await listening({ answers: [NO_SUCH_USER, TAKEN] });
    expect(codes(await one.say(begin('a', 'b'), `${MAIL}.\r\nQUIT\r\n`)).at(-2)).toBe('250');
    await using each = await listening({ protocol: 'lmtp', answers: [TAKEN, LATER] });
    const answers = await each.say(begin('a', 'b').replace('EHLO', 'LHLO'), `${MAIL}.\r\nQUIT\r\n`);
    expect(codes(answers).slice(-3)).toEqual(['250', '451', '221']);
  });
});
