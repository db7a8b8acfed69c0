import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { config as configSchema } from '#bridges/email/config.ts';
import { openSmarthost } from '#bridges/email/out/smarthost.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';

type Phase = 'greeting' | 'ehlo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'dot';
/** What the server says at a phase; `cut` breaks off there, `silence` says nothing. */
type Fault = { readonly at: Phase; readonly says: string };

const USUAL: Readonly<Record<Phase, string>> = {
  greeting: '220 mx.example ESMTP',
  ehlo: '250-mx.example\r\n250 DSN',
  starttls: '454 4.7.0 TLS not available',
  mail: '250 2.1.0 OK',
  rcpt: '250 2.1.5 OK',
  data: '354 Go on',
  dot: '250 2.0.0 Queued',
};
const COMMANDS: readonly (readonly [RegExp, Phase])[] = [
  [/^(?:EHLO|HELO)/, 'ehlo'],
  [/^STARTTLS/, 'starttls'],
  [/^MAIL/, 'mail'],
  [/^RCPT/, 'rcpt'],
  [/^DATA/, 'data'],
];

/** A mail server by hand: it reads lines, and goes wrong where it is told to. `taken` are the mails that it had whole. */
async function serverWith({ at, says }: Fault) {
  const taken: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const answer = (phase: Phase): void => {
      if (phase !== at) return void socket.write(`${USUAL[phase]}\r\n`);
      if (says === 'cut') socket.destroy();
      else if (says !== 'silence') socket.write(`${says}\r\n`);
    };
    let mail: string | undefined;
    let rest = '';
    const line = (text: string): void => {
      if (mail === undefined) {
        const phase = COMMANDS.find(([command]) => command.test(text))?.[1];
        if (phase === 'data' && !(at === 'data')) mail = '';
        if (phase) answer(phase);
        else socket.end('221 2.0.0 Bye\r\n');
      } else if (text === '.') {
        taken.push(mail);
        mail = undefined;
        answer('dot');
      } else mail += `${text}\n`;
    };
    socket.on('data', (bytes) => {
      const lines = `${rest}${bytes.toString('latin1')}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const one of lines) line(one);
    });
    answer('greeting');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, taken },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What becomes of a mail that meets a fault: how it failed, how sure that is, and how often the server had it. */
async function fate(fault: Fault, tls: 'off' | 'starttls' = 'off') {
  await using server = await serverWith(fault);
  const config = configSchema.parse({
    domain: 'mail.example',
    outgoing: { host: '127.0.0.1', port: server.port, tls, timeout: fault.says === 'silence' ? '1s' : '30s' },
    incoming: { lmtp: '127.0.0.1:2524' },
  });
  const stop = new AbortController();
  const host = {
    signal: stop.signal,
    log: { warn: () => undefined },
    async connect({ port }: { port: number }) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  } as unknown as Host;
  const smarthost = openSmarthost(config, host);
  const envelope = { from: 'b.x@mail.example', to: 'bob@example.com', envelopeId: 'x', success: true };
  const sent = await smarthost
    .send(async () => ({ envelope, mail: Buffer.from('From: a@mail.example\r\n\r\nHello\r\n.\r\n..\r\nBye\r\n') }))
    .then(
      () => 'sent' as const,
      (error: unknown) => error,
    );
  smarthost.close();
  const had = server.taken.length;
  return sent instanceof Failure ? [sent.code, sent.certain, had] : [sent === 'sent' ? sent : String(sent), true, had];
}

const LATER = 'remote-server-timeout';
const phases: readonly Phase[] = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'dot'];

describe('a mail server that goes wrong at each phase', () => {
  it('has the mail where nothing does, as it was written', async () => {
    expect(await fate({ at: 'starttls', says: '' })).toEqual(['sent', true, 1]);
  });

  it.each(phases.flatMap((at) => ['421 4.3.2 Going down', '451 4.7.1 Greylisted'].map((says) => ({ at, says }))))(
    'with $says at $at has it again later',
    async (fault) => {
      expect(await fate(fault)).toEqual([LATER, true, fault.at === 'dot' ? 1 : 0]);
    },
  );

  // Before somebody is named it can speak of nobody but us.
  it.each<[Phase, string, string]>([
    ['greeting', '554 5.3.2 No service here', 'internal'],
    ['ehlo', '550 5.7.1 Not you', 'internal'],
    ['mail', '550 5.1.8 Bad sender', 'internal'],
    ['mail', '552 5.3.4 Too large', 'too-large'],
    ['mail', '550 5.7.26 Unauthenticated', 'internal'],
    ['rcpt', '550 5.1.1 No such user', 'item-not-found'],
    ['rcpt', '550 5.1.2 No such host', 'remote-server-not-found'],
    ['rcpt', '550 5.7.1 Filtered', 'policy-violation'],
    ['rcpt', '550 5.7.1 blocked by the recipient', 'not-permitted'],
    ['rcpt', '554 5.7.1 listed at zen.spamhaus.org', 'internal'],
    ['rcpt', '552 5.2.2 Mailbox full', 'budget-exhausted'],
    ['data', '554 5.7.1 No', 'policy-violation'],
    ['dot', '552 5.3.4 Too large', 'too-large'],
    ['dot', '550 5.7.515 Not authenticated', 'internal'],
    ['dot', '554 5.6.0 No', 'policy-violation'],
  ])('at %s with %s is final: %s', async (at, says, code) => {
    expect(await fate({ at, says })).toEqual([code, true, at === 'dot' ? 1 : 0]);
  });

  it.each(phases)('that breaks off at %s leaves a doubt behind the final dot alone', async (at) => {
    expect(await fate({ at, says: 'cut' })).toEqual([LATER, at !== 'dot', at === 'dot' ? 1 : 0]);
  });

  it.each(phases)('that says nothing any more at %s is given up', async (at) => {
    expect(await fate({ at, says: 'silence' })).toEqual([LATER, at !== 'dot', at === 'dot' ? 1 : 0]);
  });

  it.each(['454 4.7.0 TLS not available', '502 5.5.1 What?'])(
    'that has no TLS (%s) gets nothing in the clear, and has it later',
    async (says) => {
      expect(await fate({ at: 'starttls', says }, 'starttls')).toEqual([LATER, true, 0]);
    },
  );
});
