import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { MailAuth } from '#bridges/email/in/imap-line.ts';
import { openSubmission } from '#bridges/email/out/smarthost.ts';
import type { Host } from '#src/bridge.ts';
import { handClock } from '../../hand-clock.ts';

/** A server for mails that offers these ways to log in, and lets in by one token. `heard` is what it was told to let in by, decoded. */
async function submissionServer(ways: string, good: string) {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let refusing = false;
    const line = (text: string): void => {
      const [word = '', way = '', secret = ''] = text.split(' ');
      if (refusing) {
        // RFC 7628 §3.2.3: the client says something, and then the server says no.
        heard.push(Buffer.from(text, 'base64').toString());
        refusing = false;
        socket.write('535 5.7.8 No\r\n');
      } else if (word === 'EHLO') socket.write(`250-mx.example\r\n250 AUTH ${ways}\r\n`);
      else if (word === 'AUTH' && !ways.split(' ').includes(way)) socket.write('504 5.5.4 What?\r\n');
      else if (word === 'AUTH') {
        const told = Buffer.from(secret, 'base64').toString();
        heard.push(`${way} ${told}`);
        refusing = !told.includes(`Bearer ${good}\u0001`);
        socket.write(refusing ? `334 ${btoa('{"status":"401"}')}\r\n` : '235 2.7.0 Welcome\r\n');
      } else socket.end('221 2.0.0 Bye\r\n');
    };
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const one of bytes.toString('latin1').split('\r\n').slice(0, -1)) line(one);
    });
    socket.write('220 mx.example ESMTP\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    heard,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Logs in with these tokens, one after the other as they are refused. */
async function loggedIn(port: number, tokens: string[]): Promise<unknown> {
  const host = {
    ...{ signal: new AbortController().signal, clock: handClock() },
    async connect() {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  } as unknown as Host;
  const submission = openSubmission(
    {
      ...{ host: '127.0.0.1', port, tls: 'off', connections: 1, timeout: 30_000, name: 'mail.example' },
      auth: async (): Promise<MailAuth> => ({ user: 'a=b,c@home.example', token: tokens.shift() ?? '' }),
      refusals: { login: ['password-required', 'no login'], sender: ['policy-violation', 'no sender'] },
    },
    host,
  );
  return submission.check().then(
    () => 'in',
    (error: { code: string }) => error.code,
  );
}

describe('a token at a server that takes mails', () => {
  it('goes by OAUTHBEARER where there is nothing else (RFC 7628 §3.1), with its user as GS2 has it (RFC 5801 §4)', async () => {
    await using server = await submissionServer('PLAIN OAUTHBEARER', 'good');
    expect(await loggedIn(server.port, ['good'])).toBe('in');
    expect(server.heard).toEqual(['OAUTHBEARER n,a=a=3Db=2Cc@home.example,\u0001auth=Bearer good\u0001\u0001']);
  });

  it('goes by XOAUTH2 where there is that', async () => {
    await using server = await submissionServer('OAUTHBEARER XOAUTH2', 'good');
    expect(await loggedIn(server.port, ['good'])).toBe('in');
    expect(server.heard).toEqual(['XOAUTH2 user=a=b,c@home.example\u0001auth=Bearer good\u0001\u0001']);
  });

  it.each([
    ['OAUTHBEARER', '\u0001'],
    ['XOAUTH2', ''],
  ])('that is refused by %s is followed by another, and then it is told', async (way, answer) => {
    await using server = await submissionServer(way, 'good');
    expect(await loggedIn(server.port, ['old', 'good'])).toBe('in');
    expect(server.heard).toEqual([expect.stringContaining('old'), answer, expect.stringContaining('good')]);
    expect(await loggedIn(server.port, ['old', 'older'])).toBe('password-required');
  });

  it('is not for a server that has no way for one', async () => {
    await using server = await submissionServer('PLAIN LOGIN', 'good');
    expect(await loggedIn(server.port, ['good', 'good'])).toBe('password-required');
    expect(server.heard).toEqual([]);
  });
});
