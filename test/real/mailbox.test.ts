import { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';
import { openMailboxReader } from '#bridges/email/in/mailbox-reader.ts';
import type { RecipientAnswer } from '#bridges/email/in/recipients.ts';
import { LATER, TAKEN } from '#bridges/email/in/recipients.ts';
import type { Host, StateChange } from '#src/bridge.ts';
import { openConnect } from '#src/lib/net.ts';
import { FINGERPRINT } from '../fakes/certificate.ts';
import { post } from '../fakes/mail-server.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { startDovecot } from './dovecot.ts';
import { describeReal } from './servers.ts';

/** A reader of a mailbox of a real server. `answers` are what is said of mails by their subjects; all others are taken. */
async function reading(tls: 'off' | 'starttls' | 'implicit' = 'off') {
  const dovecot = await startDovecot({ tls: tls !== 'off' });
  const clock = jumpingClock();
  const other = { host: '127.0.0.1', port: dovecot.ports.imap, secure: false, auth: { user: 'other', pass: 'pw' } };
  const kept = new Map<string, string>();
  const seen: string[] = [];
  const answers = new Map<string, RecipientAnswer | Error>();
  const watchers = new Set<() => void>();
  const state = {
    get: async ({ key }: { key: string }) => kept.get(key),
    put: async ({ key }: { key: string }, value: string) => void kept.set(key, value),
    list: async ({ prefix }: { prefix: string }) =>
      [...kept].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value })),
    async write(changes: readonly StateChange[]) {
      for (const { key, value } of changes) value === null ? kept.delete(key) : kept.set(key, String(value));
      return true;
    },
  };
  const quiet = () => undefined;
  const log = { debug: quiet, error: quiet, warn: quiet, info: quiet };
  const reader = openMailboxReader(
    {
      ...{ host: '127.0.0.1', port: dovecot.ports[tls === 'implicit' ? 'imaps' : 'imap'], tls },
      ...{ pin: tls === 'off' ? undefined : [FINGERPRINT], user: 'gateway', folder: 'INBOX' },
      password: { open: () => 'pw' } as never,
    },
    {
      host: { state, clock, log, connect: openConnect() } as unknown as Host,
      config: { domain: 'gw.test' } as never,
      intake: {
        recipient: async () => undefined,
        paused: () => false,
        async take(mail, { to }) {
          let text = '';
          for await (const piece of mail) text += Buffer.from(piece).toString('latin1');
          const subject = /^Subject: (.*?)\r?$/m.exec(text)?.[1] ?? '';
          seen.push(subject);
          for (const watch of [...watchers]) watch();
          const answer = answers.get(subject) ?? TAKEN;
          if (answer instanceof Error) throw answer;
          return to.map(() => answer);
        },
      },
    },
  );
  return {
    ...{ kept, answers, seen },
    async mail(subject: string): Promise<void> {
      const raw = `From: bob@example.com\r\nTo: alice=a.example@gw.test\r\nSubject: ${subject}\r\n\r\nHello`;
      expect(await post(dovecot.ports.lmtp, { from: 'bob@example.com', to: ['gateway'], raw })).toEqual([
        expect.stringMatching(/^250/),
      ]);
    },
    /** Lets time pass, in seconds: less in one go than an answer may take, and the server answers another program meanwhile. */
    async later(seconds: number): Promise<void> {
      for (let left = seconds; left > 0; left -= 60) {
        const line = new ImapFlow({ ...other, logger: false });
        await line.connect();
        await line.logout();
        clock.jump(Math.min(left, 60) * 1000);
      }
    },
    /** Resolves once so many mails were read. */
    read: (count: number) =>
      new Promise<void>((done) => {
        const watch = () => {
          if (seen.length >= count) done();
        };
        watchers.add(watch);
        watch();
      }),
    begun: () =>
      new Promise<void>((done) => {
        const look = () => (kept.size > 0 ? done() : setImmediate(look));
        look();
      }),
    async [Symbol.asyncDispose]() {
      await reader.close();
      await dovecot[Symbol.asyncDispose]();
    },
  };
}

describeReal('a mailbox of the gateway', ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'], () => {
  test.each(['implicit', 'starttls'] as const)(
    'is read in secret (%s), with the certificate that is pinned',
    async (tls) => {
      await using world = await reading(tls);
      await world.begun();
      await world.mail('one');
      await world.read(1);
      expect(world.seen).toEqual(['one']);
    },
  );
});

describeReal('a mailbox with a mail that cannot be taken', ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'], () => {
  test('has the others read, and that one tried again at each look until it can', async () => {
    await using world = await reading();
    await world.begun();
    world.answers.set('poison', LATER);
    world.answers.set('trouble', new Error('the store is locked'));
    for (const subject of ['poison', 'trouble', 'one']) await world.mail(subject);
    await world.read(3);
    expect(world.seen).toContain('one');
    world.answers.delete('trouble');
    const before = world.seen.length;
    await world.later(301);
    await world.read(before + 2);
    expect(world.seen.slice(before)).toEqual(['poison', 'trouble']);
    world.answers.delete('poison');
    await world.later(301);
    await world.read(before + 3);
    expect(world.seen.slice(before + 2)).toEqual(['poison']);
    await world.mail('two');
    await world.read(before + 4);
    expect([...world.kept.keys()].filter((key) => key.startsWith('imap-left'))).toEqual([]);
  });
});
