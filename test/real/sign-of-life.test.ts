import { expect, test } from 'vitest';
import { eventually } from '../patience.ts';
import { describeReal, ircClient } from './servers.ts';
import { enter, plain, roomOf, startWorld } from './world.ts';
import { xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

const IRC = 'irc.localhost';
const SECOND = 'second.localhost';
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index}`);

for (const server of xmppServerNames) {
  describeReal(`two links to ${server} with XEP-0356`, [...xmppServerKinds[server].needs, 'inspircd'], () => {
    const open = () =>
      startWorld({
        ircd: 'inspircd',
        server,
        privileged: [IRC, SECOND],
        transports: ({ ports }) => ({ [SECOND]: { bridge: 'irc', servers: { net: plain(ports.plain) } } }),
      });
    const lost = async ({ metrics }: Awaited<ReturnType<typeof open>>): Promise<number> => {
      const all = (await metrics.registry.metrics()).matchAll(/^isthmus_links_lost_total\{.*\} (\d+)$/gm);
      return [...all].reduce((sum, [, count]) => sum + Number(count), 0);
    };

    test('what is journaled arrives once, and is settled', async () => {
      await using world = await open();
      await using alice = await world.login('alice');
      await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      await enter(alice, roomOf('#garden'), 'Alice');
      for (const text of LINES) irc.send(`PRIVMSG Alice :${text}`);
      const texts: string[] = [];
      const take = async (): Promise<void> => {
        const one = await alice.next((stanza) => /^line /.test(stanza.getChildText('body') ?? ''), 'a line of irene');
        texts.push(one.getChildText('body') ?? '');
      };
      for (const _ of LINES) await take();
      const { operations } = world.gateway;
      await eventually(async () =>
        expect((await operations['queue.list'].run({ max: 100 }, () => {})).entries).toEqual([]),
      );
      await world.later(120, alice, irc);
      irc.send('PRIVMSG Alice :line at last');
      await take();
      expect(texts).toEqual([...LINES, 'line at last']);
    });

    test('a server that is stopped is found half-open, and is there again once it goes on', async () => {
      await using world = await open();
      world.xmpp.freeze();
      world.jump(45);
      await eventually(async () => expect(await lost(world)).toBeGreaterThanOrEqual(2));
      world.xmpp.thaw();
      world.jump(30);
      await world.gateway.online();
    });
  });
}
