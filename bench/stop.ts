// How long a stop takes while messages come and go, on each XMPP server: node bench/stop.ts [server ...]
import { ircClient, xml } from '../test/real/servers.ts';
import { enter, plain, roomOf, say, startWorld } from '../test/real/world.ts';
import { type XmppServerName, xmppServerNames } from '../test/real/xmpp-servers.ts';

const IRC = 'irc.localhost';
const SECOND = 'second.localhost';
const MESSAGES = 2000;

/** Milliseconds that a gateway with two links takes to stop, with thousands of messages under way in both directions. */
async function stopUnderLoad(server: XmppServerName): Promise<number> {
  await using world = await startWorld({
    ircd: 'inspircd',
    server,
    privileged: [IRC, SECOND],
    transports: ({ ports }) => ({ [SECOND]: { bridge: 'irc', servers: { net: plain(ports.plain) } } }),
  });
  await using alice = await world.login('alice');
  await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
  const room = roomOf('#garden');
  await enter(alice, room, 'Alice');
  irc.send('JOIN #garden');
  await irc.barrier();
  for (let i = 0; i < MESSAGES; i++) {
    irc.send(`PRIVMSG ${i % 2 === 0 ? '#garden' : 'Alice'} :line ${i}`);
    if (i % 10 === 0) await say(alice, room, `back ${i}`);
    else if (i % 10 === 1) {
      await alice.send(
        xml('message', { to: `irene%net@${IRC}`, type: 'chat', id: `p${i}` }, xml('body', {}, `private ${i}`)),
      );
    }
  }
  const began = performance.now();
  await world.gateway.stop();
  return performance.now() - began;
}

const asked = process.argv.slice(2);
for (const server of xmppServerNames.filter((name) => asked.length === 0 || asked.includes(name)))
  console.log(`${server.padEnd(10)} ${Math.round(await stopUnderLoad(server))} ms`);
