import { setTimeout as delay } from 'node:timers/promises';
import { type Flow, openFlow } from '../load/flow.ts';
import { numberAfter, numberAt } from '../load/scan.ts';
import { isError, isGroupchat, type World } from '../load/world.ts';
import { percentile } from '../measure.ts';
import type { Figures, Scenario } from '../scenario.ts';
import { connect, privateToIrc, privateToXmpp } from './intake.ts';
import { channelOf, line, stanza } from './texts.ts';

/** Milliseconds between two messages: 500 a second. */
const PAUSE = 2;
const CHANNEL = channelOf(0);

/** Milliseconds from writing a message to reading it at the other end, one way after the other. */
export const latency: Scenario = {
  name: 'latency',
  title: 'latency at 500 msg/s, p50/p99, ms',
  users: 1,
  async play({ world, warm, seconds }) {
    await world.join([{ user: 0, channel: CHANNEL }]);
    const out = await times(toIrc(world), { warm, seconds });
    return figures(out, await times(toXmpp(world), { warm, seconds }));
  },
};

/** Conversations that are journaled. */
const TALKS = { lanes: 100, window: 0 };

/** The same for private messages, which are on the disk before they go on. */
export const journalLatency: Scenario = {
  name: 'journal-latency',
  title: 'latency at 500 private msg/s, p50/p99, ms',
  users: TALKS.lanes,
  durable: true,
  async play({ world, warm, seconds }) {
    await connect(world, TALKS.lanes);
    const out = await times((arrived) => privateToIrc(world, { ...TALKS, arrived }), { warm, seconds });
    return figures(out, await times((arrived) => privateToXmpp(world, { ...TALKS, arrived }), { warm, seconds }));
  },
};

const figures = (out: readonly number[], back: readonly number[]): Figures => ({
  irc50: percentile(out, 0.5),
  irc99: percentile(out, 0.99),
  xmpp50: percentile(back, 0.5),
  xmpp99: percentile(back, 0.99),
});

/** A way for messages; `arrived` is called with the number of each that has come through. */
export type Way = (arrived: (number: number) => void) => Flow;

const toIrc =
  ({ xmpp, irc }: World): Way =>
  (arrived) => {
    const flow = openFlow({
      lanes: 1,
      checkpoints: 1,
      window: 0,
      send: (_lane, number) => xmpp.write(stanza(0, CHANNEL, number)),
      flush: xmpp.flush,
    });
    irc.receive = (_client, _target, text) => {
      arrived(numberAt(text, 0));
      flow.pass(0, 0, numberAt(text, 0));
    };
    xmpp.receive = (text) => void (isError(text) && flow.fail(text));
    return flow;
  };

const toXmpp =
  ({ xmpp, irc }: World): Way =>
  (arrived) => {
    const flow = openFlow({
      lanes: 1,
      checkpoints: 1,
      window: 0,
      send: (_lane, number) => irc.tell(CHANNEL, line(CHANNEL, number)),
      flush: irc.flush,
    });
    xmpp.receive = (text) => {
      if (isError(text)) flow.fail(text);
      // The last reflections of the other way may still come.
      if (!text.startsWith('<message') || !isGroupchat(text) || !text.includes('/talker')) return;
      arrived(numberAfter(text, '<body>'));
      flow.pass(0, 0, numberAfter(text, '<body>'));
    };
    return flow;
  };

/** Sorted milliseconds of the messages after the warm-up, both in seconds. */
export async function times(way: Way, { warm, seconds }: { warm: number; seconds: number }): Promise<number[]> {
  const sentAt: number[] = [];
  const took: number[] = [];
  const flow = way((number) => {
    took[number] = performance.now() - (sentAt[number] ?? Number.NaN);
  });
  const ticker = setInterval(() => {
    sentAt.push(performance.now());
    flow.one();
  }, PAUSE);
  await delay(warm * 1000);
  const skipped = sentAt.length;
  await delay(seconds * 1000);
  clearInterval(ticker);
  await flow.settled();
  return took.slice(skipped).sort((a, b) => a - b);
}
