import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { config as configSchema } from '#bridges/email/config.ts';
import { openSmarthost } from '#bridges/email/out/smarthost.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { collectGarbage } from '../../garbage.ts';
import { handClock } from '../../hand-clock.ts';

type Phase = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | 'quit';
/** What the server says at a phase; `cut` breaks off there, `silence` says nothing, `drip` begins an answer that never ends. */
type Fault = { readonly at: Phase; readonly says: string };

const USUAL: Readonly<Record<Phase, string>> = {
  greeting: '220 mx.example ESMTP',
  ehlo: '250-mx.example\r\n250 DSN',
  starttls: '454 4.7.0 TLS not available',
  auth: '235 2.7.0 Welcome',
  mail: '250 2.1.0 OK',
  rcpt: '250 2.1.5 OK',
  data: '354 Go on',
  dot: '250 2.0.0 Queued',
  quit: '221 2.0.0 Bye',
};
const COMMANDS: readonly (readonly [RegExp, Phase])[] = [
  [/^(?:EHLO|HELO)/, 'ehlo'],
  [/^STARTTLS/, 'starttls'],
  [/^AUTH/, 'auth'],
  [/^MAIL/, 'mail'],
  [/^RCPT/, 'rcpt'],
  [/^DATA/, 'data'],
  [/^QUIT/, 'quit'],
];

type Around = {
  readonly tls?: 'off' | 'starttls';
  /** What it offers beside what is usual. */
  readonly offers?: readonly string[];
  readonly to?: string;
  /** Somebody logs in. */
  readonly login?: boolean;
  /** Milliseconds that pass between two mails, or while one is under way. */
  readonly pass?: number;
};

/** A mail server by hand: it reads lines, and goes wrong where it is told to. `taken` are the mails that it had whole. */
async function serverWith({ at, says }: Fault, offers: readonly string[]) {
  const taken: string[] = [];
  const sockets = new Set<Socket>();
  const said = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    const answer = (phase: Phase): void => {
      if (phase !== at) {
        const more = phase === 'ehlo' ? offers.map((one) => `250-${one}\r\n`).join('') : '';
        socket.write(`${more}${USUAL[phase]}\r\n`);
        if (phase === 'quit') socket.end();
        return;
      }
      said.resolve();
      if (says === 'cut') socket.destroy();
      else if (says === 'drip') socket.write('250-wait\r\n');
      else if (says !== 'silence') socket.write(`${says}\r\n`);
    };
    let mail: string | undefined;
    let refused = false;
    let rest = '';
    const command = (text: string): void => {
      const phase = COMMANDS.find(([word]) => word.test(text))?.[1];
      // What is in a row behind a refusal has one, too (RFC 2920 §3.1).
      if (refused && (phase === 'rcpt' || phase === 'data')) return void socket.write('503 5.5.1 Not now\r\n');
      refused ||= phase === at && /^[45]/.test(says);
      if (phase === 'data' && at !== 'data') mail = '';
      if (phase) answer(phase);
      else socket.end('221 2.0.0 Bye\r\n');
    };
    const line = (text: string): void => {
      if (mail === undefined) return command(text);
      if (text !== '.') {
        mail += `${text}\n`;
        return;
      }
      taken.push(mail);
      mail = undefined;
      answer('dot');
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
    ...{ port, taken, sockets },
    /** Resolves once it went wrong. */
    said: said.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A way to that server, on a clock of its own. */
function smarthostAt(port: number, { tls = 'off', login = false }: Around, timeout = '30s') {
  const config = configSchema.parse({
    domain: 'mail.example',
    outgoing: { host: '127.0.0.1', port, tls, timeout, ...(login && { user: 'isthmus', password: 'pw' }) },
    incoming: { lmtp: '127.0.0.1:2524' },
  });
  const clock = handClock();
  const host = {
    signal: new AbortController().signal,
    clock,
    log: { warn: () => undefined },
    async connect({ port }: { port: number }) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  } as unknown as Host;
  return { clock, smarthost: openSmarthost(config, host) };
}

/** What becomes of a mail that meets a fault: how it failed, how sure that is, and how often the server had it. */
async function fate(fault: Fault, around: Around = {}) {
  await using server = await serverWith(fault, around.offers ?? []);
  const { smarthost, clock } = smarthostAt(server.port, around, fault.says === 'silence' ? '1s' : '30s');
  const envelope = { from: 'b.x@mail.example', to: around.to ?? 'bob@example.com', envelopeId: 'x', success: true };
  const sending = smarthost
    .send(async () => ({ envelope, mail: Buffer.from('From: a@mail.example\r\n\r\nHello\r\n.\r\n..\r\nBye\r\n') }))
    .then(
      () => 'sent' as const,
      (error: unknown) => error,
    );
  if (around.pass !== undefined) {
    await server.said;
    clock.advance(around.pass);
  }
  const sent = await sending;
  smarthost.close();
  const had = server.taken.length;
  return sent instanceof Failure ? [sent.code, sent.certain, had] : [sent === 'sent' ? sent : String(sent), true, had];
}

const LATER = 'remote-server-timeout';
const phases: readonly Phase[] = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'dot'];

describe.each([
  ['one after the other', { offers: [] }],
  ['in a row (RFC 2920)', { offers: ['PIPELINING'] }],
] as const)('a mail server that goes wrong at each phase, with commands %s', (_, around) => {
  it('has the mail where nothing does, as it was written', async () => {
    expect(await fate({ at: 'starttls', says: '' }, around)).toEqual(['sent', true, 1]);
  });

  it.each(phases.flatMap((at) => ['421 4.3.2 Going down', '451 4.7.1 Greylisted'].map((says) => ({ at, says }))))(
    'with $says at $at has it again later',
    async (fault) => {
      expect(await fate(fault, around)).toEqual([LATER, true, fault.at === 'dot' ? 1 : 0]);
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
    expect(await fate({ at, says }, around)).toEqual([code, true, at === 'dot' ? 1 : 0]);
  });

  it.each(phases)('that breaks off at %s leaves a doubt behind the final dot alone', async (at) => {
    expect(await fate({ at, says: 'cut' }, around)).toEqual([LATER, at !== 'dot', at === 'dot' ? 1 : 0]);
  });

  it.each(phases)('that says nothing any more at %s is given up', async (at) => {
    expect(await fate({ at, says: 'silence' }, around)).toEqual([LATER, at !== 'dot', at === 'dot' ? 1 : 0]);
  });
});

describe('a mail server', () => {
  it.each(['454 4.7.0 TLS not available', '502 5.5.1 What?'])(
    'that has no TLS (%s) gets nothing in the clear, and has it later',
    async (says) => {
      expect(await fate({ at: 'starttls', says }, { tls: 'starttls' })).toEqual([LATER, true, 0]);
    },
  );

  const login = { login: true, offers: ['AUTH PLAIN'] };
  it.each([
    ['454 4.7.0 Temporary failure', LATER],
    ['421 4.3.2 Going down', LATER],
    ['535 5.7.8 No', 'internal'],
    ['530 5.7.0 Not so', 'internal'],
    ['cut', LATER],
    ['silence', LATER],
  ])('that meets a login with %s has nothing yet: %s', async (says, code) => {
    expect(await fate({ at: 'auth', says }, login)).toEqual([code, true, 0]);
  });

  it('that nobody listens at has it later', async () => {
    const { port } = await (async () => {
      await using server = await serverWith({ at: 'quit', says: '' }, []);
      return server;
    })();
    const { smarthost } = smarthostAt(port, {});
    await expect(smarthost.check()).rejects.toMatchObject({ code: LATER, certain: true });
  });

  it.each(['421 4.3.2 Going down', '500 5.5.1 What?', 'cut', 'silence', 'drip'])(
    'that says %s to a goodbye has the mail, and holds no line',
    async (says) => {
      await using server = await serverWith({ at: 'quit', says }, []);
      const { smarthost, clock } = smarthostAt(server.port, {});
      await smarthost.check();
      await server.said;
      const left = [...server.sockets].map((socket) => once(socket, 'close'));
      clock.advance(10_000);
      await Promise.all(left);
    },
  );

  // It keeps the line alive, so that no wait for the next byte ever ends.
  it.each<[Phase, boolean, number]>([
    ['ehlo', true, 0],
    ['rcpt', true, 0],
    ['dot', false, 1],
  ])('that drips its answer at %s is left after an hour', async (at, certain, had) => {
    expect(await fate({ at, says: 'drip' }, { pass: 3_600_000 })).toEqual([LATER, certain, had]);
  });

  it('is not asked for what it says that it cannot do: what is too large, or has an address beyond ASCII, is told at once', async () => {
    const fine = { at: 'starttls', says: '' } as const;
    expect(await fate(fine, { offers: ['SIZE 10'] })).toEqual(['too-large', true, 0]);
    expect(await fate(fine, { offers: ['SIZE 10000'] })).toEqual(['sent', true, 1]);
    expect(await fate(fine, { offers: ['SIZE'] })).toEqual(['sent', true, 1]);
    expect(await fate(fine, { to: 'jürgen@example.com' })).toEqual(['not-supported', true, 0]);
    expect(await fate(fine, { to: 'jürgen@example.com', offers: ['SMTPUTF8'] })).toEqual(['sent', true, 1]);
    expect(await fate(fine, { to: 'bob@bücher.example' })).toEqual(['sent', true, 1]);
  });

  it('that has mails leaves nothing of them here', async () => {
    await using server = await serverWith({ at: 'starttls', says: '' }, []);
    const { smarthost } = smarthostAt(server.port, {});
    const envelope = { from: 'b.x@mail.example', to: 'bob@example.com', envelopeId: 'x', success: true };
    const kept = async (): Promise<number> => {
      await Promise.all([...server.sockets].map((socket) => once(socket, 'close')));
      for (let turn = 0; turn < 5; turn += 1) {
        await new Promise((done) => setImmediate(done));
        collectGarbage();
      }
      return process.memoryUsage().arrayBuffers;
    };
    const before = await kept();
    for (let count = 0; count < 20; count += 1)
      await smarthost.send(async () => ({ envelope, mail: Buffer.alloc(1_000_000, `${'x'.repeat(900)}\r\n`) }));
    expect((await kept()) - before).toBeLessThan(10_000_000);
  });
});
