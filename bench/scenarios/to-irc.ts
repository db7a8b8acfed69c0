import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter, numberAt } from '../load/scan.ts';
import { isError, isGroupchat, userOf, type World } from '../load/world.ts';
import { WINDOW } from '../scenario.ts';
import { inChannels } from './channels.ts';
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

export const toIrc = inChannels({ name: 'to-irc', title: 'XMPP → IRC, 1 user', users: 1 }, flowToIrc);
export const toIrcMany = inChannels(
  { name: 'to-irc-100', title: 'XMPP → IRC, 100 users on 100 connections', users: 100 },
  flowToIrc,
);
