import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { eventually } from '../patience.ts';
import { folder, isthmus } from '../process/cli/isthmus.ts';
import { describeReal, ircClient, startInspircd, xmppClient } from './servers.ts';
import { enter, heard, roomOf, say } from './world.ts';
import type { Element } from './xmpp.ts';
import { startXmppServer, type XmppServerName, xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

for (const name of xmppServerNames) {
  describeReal(`a gateway that is killed, on ${name}`, [...xmppServerKinds[name].needs, 'inspircd'], () => {
    test('comes back into its rooms by itself, with those who are still there', () => comesBack(name));

    test('tells nobody who stays that they are out, however long they wait for their turn to connect', () =>
      nobodyIsSentOut(name));
  });
}

const room = roomOf('#garden');

/** A gateway as a process of its own, with its servers; `pace` is what lies between the connections of different users. */
async function startWorld(name: XmppServerName, pace: string) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const users = { alice: 'pw', bob: 'pw', carol: 'pw' };
  const server = { domains: { 'irc.localhost': 'secret' }, users, privileged: ['irc.localhost'] };
  const xmpp = stack.use(await startXmppServer(name, server));
  const ircd = stack.use(await startInspircd());
  const store = join(dir.path, 'store.db');
  const config = dir.file(
    'config.yaml',
    JSON.stringify({
      xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
      store: `sqlite:${store}`,
      key: { file: join(dir.path, 'isthmus.key') },
      admin: { listen: '127.0.0.1:0' },
      access: { register: ['localhost'] },
      limits: { connect_pace: pace, reconnect_min: '1s', reconnect_max: '2s' },
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
    await eventually(async () => expect((await fetch(`http://${listening.admin}/readyz`)).status).toBe(200));
    return running;
  };
  const irc = stack.use(await ircClient({ port: ircd.ports.plain, nick: 'irene' }));
  irc.send('JOIN #garden');
  await irc.barrier();
  const resources = stack.move();
  return { xmpp, irc, run, store, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function nobodyIsSentOut(name: XmppServerName): Promise<void> {
  await using world = await startWorld(name, '2s');
  const { irc, run, store, xmpp } = world;
  const user = { port: xmpp.ports.c2s, password: 'pw' };
  await using alice = await xmppClient({ ...user, user: 'alice' });
  await using bob = await xmppClient({ ...user, user: 'bob' });
  await using carol = await xmppClient({ ...user, user: 'carol' });
  const guests = [alice, bob, carol];
  const nicks = ['Alice', 'Bob', 'Carol'];
  const join = async (): Promise<void> => {
    for (const nick of nicks)
      await irc.next((line) => line.command === 'JOIN' && line.nick === nick, `the coming of ${nick}`);
  };
  {
    await using first = await run();
    await enter(alice, room, 'Alice');
    await enter(bob, room, 'Bob');
    await enter(carol, room, 'Carol');
    await join();
    await kept(store, guests.length);
    first.child.kill('SIGKILL');
    await first.ended;
  }
  for (const nick of nicks)
    await irc.next((line) => line.command === 'QUIT' && line.nick === nick, `the loss of ${nick}`);
  await using _again = await run();
  await join();
  irc.send('PRIVMSG #garden :welcome back');
  for (const client of guests)
    for (let body: string | null = null; body !== 'welcome back'; ) {
      const stanza = await client.next(() => true, 'the line after the restart');
      expect(isOut(stanza), String(stanza)).toBe(false);
      body = stanza.getChildText('body');
    }
  await kept(store, guests.length);
}

/** Whether the client is told that it is out of the room (XEP-0045 §7.14). */
const isOut = (stanza: Element): boolean =>
  stanza.is('presence') &&
  stanza.attrs.type === 'unavailable' &&
  (stanza.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChildren('status') ?? []).some(
    ({ attrs }) => attrs.code === '110',
  );

async function comesBack(name: XmppServerName): Promise<void> {
  await using world = await startWorld(name, '0s');
  const { irc, run, store, xmpp } = world;
  const user = { port: xmpp.ports.c2s, password: 'pw' };
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
    await kept(store, 3);
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
  await kept(store, 2);
}

/** Resolves once the store holds so many clients in rooms. */
async function kept(file: string, clients: number): Promise<void> {
  await eventually(() => {
    using db = new DatabaseSync(file, { readOnly: true });
    expect({ ...db.prepare('select count(*) as clients from occupancy').get() }).toEqual({ clients });
  });
}
