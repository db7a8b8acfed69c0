import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter } from '../load/scan.ts';
import { isError, isGroupchat, userOf, type World } from '../load/world.ts';
import { WINDOW } from '../scenario.ts';
import { inChannels } from './channels.ts';
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

export const toXmpp = inChannels({ name: 'to-xmpp', title: 'IRC → XMPP, 1 occupant', users: 1 }, flowToXmpp);
export const toXmppMany = inChannels(
  { name: 'to-xmpp-100', title: 'IRC → XMPP, 100 channels', users: 100 },
  flowToXmpp,
);
