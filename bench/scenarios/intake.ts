import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter, numberAt } from '../load/scan.ts';
import { isError, userOf, type World } from '../load/world.ts';
import { measureFlow, type Scenario, WINDOW } from '../scenario.ts';
import { channelOf, privateLine, privateStanza } from './texts.ts';

const ON_IRC = 0;
const RECEIPT = 1;

/** Conversations side by side, and who hears of the message of that number in all of them when it has arrived. */
export type Talks = { readonly lanes: number; readonly window: number; readonly arrived?: (number: number) => void };

/** Private messages are journaled. One has arrived when IRC has it and its sender has the receipt. */
export function privateToIrc({ xmpp, irc }: World, { lanes, window, arrived }: Talks): Flow {
  const flow = openFlow({
    lanes,
    checkpoints: 2,
    window,
    send: (lane, number) => xmpp.write(privateStanza(lane, number)),
    flush: xmpp.flush,
  });
  irc.receive = ({ nick }, _target, text) => {
    const lane = numberAt(nick, 1);
    arrived?.(numberAt(text, 0) * lanes + lane);
    flow.pass(ON_IRC, lane, numberAt(text, 0));
  };
  xmpp.receive = (text) => {
    if (isError(text)) return flow.fail(text);
    const user = userOf(text);
    if (text.includes('<received')) flow.pass(RECEIPT, user, numberAfter(text, ` id='m${user}-`));
  };
  irc.turn = flow.fill;
  xmpp.turn = flow.fill;
  return flow;
}

/** Somebody on IRC writes to as many of our users. */
export function privateToXmpp({ xmpp, irc }: World, { lanes, window, arrived }: Talks): Flow {
  const flow = openFlow({
    lanes,
    checkpoints: 1,
    window,
    send: (lane, number) => irc.clients.get(`u${lane}`)?.write(privateLine(`u${lane}`, number)),
    flush: irc.flush,
  });
  xmpp.receive = (text) => {
    if (isError(text)) return flow.fail(text);
    if (!text.startsWith('<message') || !text.includes('<body>')) return;
    const lane = userOf(text);
    const number = numberAfter(text, '<body>');
    arrived?.(number * lanes + lane);
    flow.pass(0, lane, number);
  };
  xmpp.turn = flow.fill;
  irc.turn = () => undefined;
  return flow;
}

/** Everybody has a connection: they are in a channel each. */
export const connect = ({ join }: World, users: number): Promise<void> =>
  join(Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(user) })));

const scenario = (
  { name, title, users }: Pick<Scenario, 'name' | 'title' | 'users'>,
  flow: (world: World, talks: Talks) => Flow,
): Scenario => ({
  name,
  title,
  users,
  durable: true,
  async play(bench) {
    await connect(bench.world, users);
    return measureFlow(flow(bench.world, { lanes: users, window: WINDOW }), bench);
  },
});

/** What is journaled, each way: a hundred conversations, and one. */
export const intake: readonly Scenario[] = [
  scenario({ name: 'intake', title: 'private, XMPP → IRC with receipts, 100 conversations', users: 100 }, privateToIrc),
  scenario({ name: 'intake-one', title: 'private, XMPP → IRC with receipts, 1 conversation', users: 1 }, privateToIrc),
  scenario({ name: 'intake-in', title: 'private, IRC → XMPP, 100 conversations', users: 100 }, privateToXmpp),
  scenario({ name: 'intake-in-one', title: 'private, IRC → XMPP, 1 conversation', users: 1 }, privateToXmpp),
];
