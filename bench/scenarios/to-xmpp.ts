import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter } from '../load/scan.ts';
import { isError, isGroupchat, userOf, type World } from '../load/world.ts';
import { measureFlow, type Scenario, WINDOW } from '../scenario.ts';
import { channelOf, line } from './texts.ts';

/** Somebody on IRC talks in as many channels, with one of our users in each. */
export function flowToXmpp({ xmpp, irc }: World, lanes: number): Flow {
  const flow = openFlow({
    lanes,
    checkpoints: 1,
    window: WINDOW,
    send: (lane, number) => irc.tell(channelOf(lane), line(channelOf(lane), number)),
    flush: irc.flush,
  });
  xmpp.receive = (text) => {
    if (isError(text)) flow.fail(text);
    else if (text.startsWith('<message') && isGroupchat(text)) flow.pass(0, userOf(text), numberAfter(text, '<body>'));
  };
  xmpp.turn = flow.fill;
  irc.turn = () => undefined;
  return flow;
}

const scenario = (name: string, title: string, users: number): Scenario => ({
  name,
  title,
  users,
  async play(bench) {
    const { world } = bench;
    await world.join(Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(user) })));
    return measureFlow(flowToXmpp(world, users), bench);
  },
});

export const toXmpp = scenario('to-xmpp', 'IRC → XMPP, 1 occupant', 1);
export const toXmppMany = scenario('to-xmpp-100', 'IRC → XMPP, 100 channels', 100);
