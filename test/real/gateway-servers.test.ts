import { expect, test } from 'vitest';
import { describeReal, ircClient } from './servers.ts';
import { enter, heard, plain, roomOf, say, startWorld } from './world.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

const IRC = 'irc.localhost';
const SECOND = 'second.localhost';
/** So many that both of two connections get some where ejabberd draws one for each stanza. */
const LINES = Array.from({ length: 24 }, (_, index) => `line ${index}`);

const worlds = [
  { server: 'prosody' },
  { server: 'prosody13' },
  { server: 'ejabberd', globalRoutes: false },
  { server: 'ejabberd24', globalRoutes: false },
  { server: 'ejabberd', globalRoutes: true },
  { server: 'ejabberd24', globalRoutes: true },
] as const;

for (const { server, ...routes } of worlds) {
  const { needs } = xmppServerKinds[server];
  const title = `two transports on ${server}${'globalRoutes' in routes ? `, global_routes: ${routes.globalRoutes}` : ''}`;
  describeReal(title, [...needs, 'inspircd'], () => {
    for (const privileged of [undefined, [IRC, SECOND]]) {
      const open = () =>
        startWorld({
          ircd: 'inspircd',
          server,
          ...routes,
          ...(privileged && { privileged }),
          transports: ({ ports }) => ({ [SECOND]: { bridge: 'irc', servers: { net: plain(ports.plain) } } }),
        });

      test(`each carries its channel, ${privileged ? 'with' : 'without'} the rights of XEP-0356`, async () => {
        await using world = await open();
        await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
        await using alice = await world.login('alice');
        for (const [domain, channel, nick] of [
          [IRC, '#garden', 'Alice'],
          [SECOND, '#shed', 'Alicia'],
        ] as const) {
          irc.send(`JOIN ${channel}`);
          await irc.barrier();
          const room = roomOf(channel, domain);
          expect((await enter(alice, room, nick)).attrs.type).toBeUndefined();
          // One after the other: what is spread over two connections has no order.
          for (const text of LINES) {
            await say(alice, room, text);
            const line = await irc.next(({ command }) => command === 'PRIVMSG', `a line of ${nick}`);
            expect([line.nick, ...line.params]).toEqual([nick, channel, text]);
            expect(await heard(alice, room)).toBe(`${nick}: ${text}`);
          }
          irc.send(`PRIVMSG ${channel} :welcome`);
          expect(await heard(alice, room)).toBe('irene: welcome');
        }
      });

      test(`a quiet link stays up, ${privileged ? 'with' : 'without'} the rights of XEP-0356`, async () => {
        await using world = await open();
        await using alice = await world.login('alice');
        await world.later(120, alice);
        expect(await world.metrics.registry.metrics()).not.toContain('isthmus_links_lost_total{');
      });
    }
  });
}
