import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter, numberAt } from '../load/scan.ts';
import { isError, isGroupchat, userOf, type World } from '../load/world.ts';
import { measureFlow, type Scenario, WINDOW } from '../scenario.ts';
import { channelOf, stanza } from './texts.ts';

const ON_IRC = 0;
const REFLECTED = 1;

/** Each user writes into a channel of their own. A message has arrived when IRC has it and the sender has seen it. */
export function flowToIrc({ xmpp, irc }: World, lanes: number): Flow {
  const flow = openFlow({
    lanes,
    checkpoints: 2,
    window: WINDOW,
    send: (lane, number) => xmpp.write(stanza(lane, channelOf(lane), number)),
    flush: xmpp.flush,
  });
  irc.receive = (_client, target, text) => flow.pass(ON_IRC, numberAt(target, 2), numberAt(text, 0));
  xmpp.receive = (text) => {
    if (isError(text)) flow.fail(text);
    else if (text.startsWith('<message') && isGroupchat(text))
      flow.pass(REFLECTED, userOf(text), numberAfter(text, '<body>'));
  };
  irc.turn = flow.fill;
  xmpp.turn = flow.fill;
  return flow;
}

const scenario = (name: string, title: string, users: number): Scenario => ({
  name,
  title,
  users,
  async play(bench) {
    const { world } = bench;
    await world.join(Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(user) })));
    return measureFlow(flowToIrc(world, users), bench);
  },
});

export const toIrc = scenario('to-irc', 'XMPP → IRC, 1 user', 1);
export const toIrcMany = scenario('to-irc-100', 'XMPP → IRC, 100 users on 100 connections', 100);
