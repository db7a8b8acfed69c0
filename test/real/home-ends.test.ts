import { test } from 'vitest';
import { startFarWorld } from './far-world.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { enter, roomOf } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

const ROOM = roomOf('#garden');
const MUC_USER = 'http://jabber.org/protocol/muc#user';
/** How often the server ends, one time after the other. */
const RUNS = Number(process.env.ISTHMUS_RUNS ?? 3);

/** Whether the client was told that it is out of the room (XEP-0045 §7.14). */
const isOut = (stanza: Element): boolean =>
  stanza.is('presence') &&
  stanza.attrs.type === 'unavailable' &&
  stanza.attrs.from?.startsWith(`${ROOM}/`) === true &&
  (stanza.getChild('x', MUC_USER)?.getChildren('status') ?? []).some(({ attrs }) => attrs.code === '110');

/** Asks whether the client is in the room (XEP-0410 §3). */
async function isIn(client: XmppClient, nick: string): Promise<boolean> {
  const ping = xml('iq', { type: 'get', to: `${ROOM}/${nick}` }, xml('ping', { xmlns: 'urn:xmpp:ping' }));
  return (await client.ask(ping)).attrs.type === 'result';
}

/** Whether Alice has gone from the room. */
const isWithoutAlice = ({ attrs }: Element): boolean => attrs.type === 'unavailable' && attrs.from === `${ROOM}/Alice`;

for (const far of ['prosody', 'ejabberd24'] as const) {
  const needs = [...xmppServerKinds[far].needs, 'inspircd'] as const;
  describeReal(`the server of the gateway ends, with users at ${far}`, needs, () => {
    for (const how of ['stop', 'kill'] as const) {
      test(`by a ${how}: nobody is left with a room that they are not in, or with somebody who is not there`, async () => {
        await using world = await startFarWorld({ far, limits: { linger: '0s' }, persistent: false });
        await using irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
        irc.send('JOIN #garden');
        await irc.barrier();
        await using juliet = await world.farUser('juliet');
        await using romeo = await world.farUser('romeo');
        const guests = [
          { client: juliet, nick: 'Juliet' },
          { client: romeo, nick: 'Romeo' },
        ];
        for (let run = 0; run < RUNS; run++) {
          for (const { client, nick } of guests) await enter(client, ROOM, nick);
          const alice = await world.alice();
          await enter(alice, ROOM, 'Alice');
          await world.home[how]();
          await world.home.restart();
          await world.gateway.online();
          await world.later(30);
          for (const { client, nick } of guests) {
            await client.next(isWithoutAlice, `the going of Alice for ${nick} in run ${run}`);
            if (await isIn(client, nick)) await client.send(xml('presence', { to: `${ROOM}/x`, type: 'unavailable' }));
            // Either by this or before: nobody has a room in which they are not.
            await client.next(isOut, `the end for ${nick} in run ${run}`);
          }
        }
      });
    }
  });
}
