import { openFlow } from '../load/flow.ts';
import { numberAfter } from '../load/scan.ts';
import { isError, isGroupchat, userOf } from '../load/world.ts';
import { measureFlow, type Scenario, WINDOW } from '../scenario.ts';
import { channelOf, line } from './texts.ts';

const OCCUPANTS = 100;
const CHANNEL = channelOf(0);

/** One line to a channel, which IRC sends to each of the connections, becomes a stanza for everybody in it. */
export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'one IRC line to 100 occupants, per stanza',
  users: OCCUPANTS,
  async play(bench) {
    const { xmpp, irc, join } = bench.world;
    await join(Array.from({ length: OCCUPANTS }, (_, user) => ({ user, channel: CHANNEL })));
    const flow = openFlow({
      lanes: 1,
      checkpoints: OCCUPANTS,
      window: WINDOW / OCCUPANTS,
      send: (_lane, number) => irc.tell(CHANNEL, line(CHANNEL, number)),
      flush: irc.flush,
    });
    xmpp.receive = (text) => {
      if (isError(text)) flow.fail(text);
      else if (text.startsWith('<message') && isGroupchat(text))
        flow.pass(userOf(text), 0, numberAfter(text, '<body>'));
    };
    xmpp.turn = flow.fill;
    return measureFlow(flow, bench, OCCUPANTS);
  },
};
