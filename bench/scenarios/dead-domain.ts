import { setTimeout as delay } from 'node:timers/promises';
import { Violation } from '../load/flow.ts';
import { attribute } from '../load/scan.ts';
import { roomJid, type World } from '../load/world.ts';
import { DEAD, UNREACHED } from '../load/xmpp-server.ts';
import { percentile, residentMegabytes } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { connect, privateToXmpp } from './intake.ts';
import { times, type Way } from './latency.ts';
import { channelOf, privateLine, TALKER } from './texts.ts';

/** Conversations with users who are there, and messages to one whose server is not. */
const LANES = 100;
const OWED = 1000;
const NICK = `u${LANES}`;
const JID = `${NICK}@${DEAD}/phone`;
/** Ms until a server says that it does not reach another. */
const ANSWER = 600;
/** Ms in which all of it is taken in. */
const QUIET = 1000;
/** Ms in which something must happen. */
const PATIENCE = 60_000;

/** The server of somebody else, which cannot be reached: what goes there comes back. */
function deadServer({ xmpp }: World) {
  const dead = { tries: 0, returned: 0 };
  return {
    dead,
    /** False for what goes to others. */
    take(stanza: string): boolean {
      if (!stanza.includes(`@${DEAD}`)) return false;
      const [id, from = '', to] = ['id', 'from', 'to'].map((name) => attribute(stanza, name));
      // What the gateway itself says is not kept.
      if (!stanza.startsWith('<message') || !from.startsWith(TALKER)) return true;
      dead.tries++;
      setTimeout(() => {
        dead.returned++;
        xmpp.write(`<message type='error' id='${id}' from='${to}' to='${from}'>${UNREACHED}</message>`);
        xmpp.flush();
      }, ANSWER);
      return true;
    },
  };
}

async function until(what: string, done: () => boolean): Promise<void> {
  for (const began = performance.now(); !done(); await delay(10))
    if (performance.now() - began > PATIENCE) throw new Violation(`in vain was waited for ${what}`);
}

/** Somebody on IRC writes to a user of that server until so much is owed and has come back once. */
async function owe(world: World, { dead, take }: ReturnType<typeof deadServer>): Promise<void> {
  const { xmpp, irc } = world;
  xmpp.receive = take;
  xmpp.turn = () => undefined;
  irc.turn = () => undefined;
  const room = roomJid(channelOf(LANES));
  xmpp.write(`<presence from='${JID}' to='${room}/${NICK}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
  xmpp.flush();
  await until('the connection of the user', () => irc.clients.has(NICK));
  for (let number = 0; number < OWED; number++) irc.clients.get(NICK)?.write(privateLine(NICK, number));
  irc.flush();
  await until('what comes back', () => dead.returned > 0 && dead.returned === dead.tries);
  // On a busy machine some of it is taken in after the first has come back, and not written at all.
  await delay(QUIET);
}

/** Private messages to others, beside what is owed to a server that cannot be reached. */
export const deadDomain: Scenario = {
  name: 'dead-domain',
  title: `latency of 500 private msg/s to XMPP, p99, ms, without and with ${OWED} owed to a dead domain`,
  users: LANES,
  durable: true,
  async play({ world, pid, warm, seconds }) {
    await connect(world, LANES);
    const toOthers: Way = (arrived) => privateToXmpp(world, { lanes: LANES, window: 0, arrived });
    const alone = await times(toOthers, { warm, seconds });
    const server = deadServer(world);
    await owe(world, server);
    const before = server.dead.tries;
    const beside = await times(
      (arrived) => {
        const flow = toOthers(arrived);
        const { receive } = world.xmpp;
        world.xmpp.receive = (stanza) => void (server.take(stanza) || receive(stanza));
        return flow;
      },
      { warm, seconds },
    );
    return {
      alone99: percentile(alone, 0.99),
      beside99: percentile(beside, 0.99),
      tries: server.dead.tries - before,
      rss: residentMegabytes(pid),
    };
  },
};
