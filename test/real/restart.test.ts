import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { folder, isthmus } from '../process/cli/isthmus.ts';
import { describeReal, ircClient, startInspircd, xmppClient } from './servers.ts';
import { enter, heard, roomOf, say } from './world.ts';
import { startXmppServer, type XmppServerName, xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

for (const name of xmppServerNames) {
  describeReal(`a gateway that is killed, on ${name}`, [...xmppServerKinds[name].needs, 'inspircd'], () => {
    test('comes back into its rooms by itself, with those who are still there', () => comesBack(name));
  });
}

async function comesBack(name: XmppServerName): Promise<void> {
  using dir = folder();
  const users = { alice: 'pw', bob: 'pw', carol: 'pw' };
  const server = { domains: { 'irc.localhost': 'secret' }, users, privileged: ['irc.localhost'] };
  await using xmpp = await startXmppServer(name, server);
  await using ircd = await startInspircd();
  const config = dir.file(
    'config.yaml',
    JSON.stringify({
      xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
      store: `sqlite:${join(dir.path, 'store.db')}`,
      key: { file: join(dir.path, 'isthmus.key') },
      admin: { listen: '127.0.0.1:0' },
      access: { register: ['localhost'] },
      limits: { connect_pace: '0s', reconnect_min: '1s', reconnect_max: '2s' },
      transports: {
        'irc.localhost': {
          bridge: 'irc',
          secret: 'secret',
          servers: { net: { host: '127.0.0.1', port: ircd.ports.plain, tls: false, throttle: 'off' } },
        },
      },
    }),
  );
  const run = async () => {
    const running = isthmus(['run', '--config', config]);
    const { listening } = JSON.parse(await running.line(/"msg":"started"/));
    await vi.waitFor(async () => expect((await fetch(`http://${listening.admin}/readyz`)).status).toBe(200), {
      timeout: 30_000,
    });
    return running;
  };
  const user = { port: xmpp.ports.c2s, password: 'pw' };
  const room = roomOf('#garden');
  await using irc = await ircClient({ port: ircd.ports.plain, nick: 'irene' });
  irc.send('JOIN #garden');
  await irc.barrier();
  await using alice = await xmppClient({ ...user, user: 'alice' });
  // Says nothing to requests, pings among them.
  await using carol = await xmppClient({ ...user, user: 'carol', mute: true });
  {
    await using first = await run();
    await enter(alice, room, 'Alice');
    await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'the coming of Alice');
    await using bob = await xmppClient({ ...user, user: 'bob' });
    await enter(bob, room, 'Bob');
    await enter(carol, room, 'Carol');
    await kept(join(dir.path, 'store.db'), 3);
    first.child.kill('SIGKILL');
    await first.ended;
  }
  await irc.next(({ command, nick }) => command === 'QUIT' && nick === 'Alice', 'the loss of Alice');
  await using _again = await run();
  await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'the return of Alice');
  irc.send('PRIVMSG #garden :welcome back');
  expect(await heard(alice, room)).toBe('irene: welcome back');
  await say(alice, room, 'thank you');
  expect((await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice')).params[1]).toBe('thank you');
  expect(await heard(carol, room)).toBe('irene: welcome back');
  await kept(join(dir.path, 'store.db'), 2);
}

/** Resolves once the store holds so many clients in rooms. */
async function kept(file: string, clients: number): Promise<void> {
  await vi.waitFor(
    () => {
      using db = new DatabaseSync(file, { readOnly: true });
      expect({ ...db.prepare('select count(*) as clients from occupancy').get() }).toEqual({ clients });
    },
    { timeout: 30_000 },
  );
}
