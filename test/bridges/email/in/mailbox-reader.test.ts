import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { config as configSchema } from '#bridges/email/config.ts';
import type { MailIntake } from '#bridges/email/in/listener.ts';
import type { Host } from '#src/bridge.ts';
import { scriptedImap } from '../../../fakes/imap-server.ts';
import { handClock } from '../../../hand-clock.ts';

it('comes back to a mailbox that closes each line at growing intervals, and at once to one that held', async () => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(1);
  const { openMailboxReader } = await import('#bridges/email/in/mailbox-reader.ts');
  random.mockRestore();
  await using imap = await scriptedImap();
  imap.waits = 'close';
  const clock = handClock();
  let lost = Promise.withResolvers<void>();
  const kept = new Map<string, string>();
  const host = {
    ...{ clock, signal: new AbortController().signal },
    log: { warn: () => lost.resolve(), info: () => undefined, error: () => undefined },
    state: {
      get: async ({ key }: { key: string }) => kept.get(key),
      list: async () => [],
      write: async (writes: { key: string; value: string }[]) => {
        for (const { key, value } of writes) kept.set(key, value);
      },
    },
    async connect() {
      const socket = connect(imap.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  } as unknown as Host;
  const config = configSchema.parse({
    ...{ domain: 'mail.example', outgoing: { host: '127.0.0.1', tls: 'off' } },
    incoming: { imap: { host: '127.0.0.1', port: imap.port, tls: 'off', user: 'gateway', password: 'pw' } },
  });
  const intake = { paused: () => false } as unknown as MailIntake;
  if (!config.incoming.imap) throw new Error('there is a mailbox');
  const reader = openMailboxReader(config.incoming.imap, { host, config, intake });
  /** Resolves once the line is lost, and the wait for the next has begun. */
  const waits = async (): Promise<void> => {
    await lost.promise;
    lost = Promise.withResolvers();
    await new Promise((done) => setImmediate(done));
  };
  for (const [index, wait] of [2000, 4000, 8000].entries()) {
    await waits();
    clock.advance(wait - 1);
    expect(imap.logins).toHaveLength(index + 1);
    clock.advance(1);
    await imap.when(() => imap.logins.length === index + 2);
  }
  await waits();
  imap.waits = undefined;
  clock.advance(16_000);
  await imap.when(() => imap.idle === 1);
  clock.advance(180_000);
  imap.breakAll();
  await waits();
  clock.advance(2000);
  await imap.when(() => imap.idle === 1);
  await reader.close();
});
