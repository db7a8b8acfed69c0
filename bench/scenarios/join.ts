import { setTimeout as delay } from 'node:timers/promises';
import { Violation } from '../load/flow.ts';
import { attribute, numberAfter } from '../load/scan.ts';
import { userOf, type World } from '../load/world.ts';
import { cpuSeconds } from '../measure.ts';
import type { Figures, Scenario } from '../scenario.ts';
import { channelOf } from './texts.ts';

const USERS = 100;
const SEATS = Array.from({ length: USERS }, (_, user) => ({ user, channel: channelOf(0) }));
/** How often all have been there before. */
const BEFORE = 5;
/** Milliseconds in which everybody must have seen everybody, after the last one was in. */
const PATIENCE = 10_000;

/** Everybody enters the same channel at once, without a connection before; it is over when everybody sees everybody. */
export const join: Scenario = {
  name: 'join',
  title: '100 users join one channel, right after the start, ms',
  users: USERS,
  play: ({ world, pid }) => enterAll(world, pid),
};

/** The same at a gateway that has done something before, as most have: all entered the channel and left it, again and again. */
export const joinAgain: Scenario = {
  name: 'join-again',
  title: '100 users join one channel, ms',
  users: USERS,
  async play({ world, pid }) {
    for (let round = 0; round < BEFORE; round++) {
      await enterAll(world, pid);
      await world.leave(SEATS);
    }
    return enterAll(world, pid);
  },
};

/** How long it takes until everybody sees everybody, and what it costs the target; in milliseconds. */
async function enterAll(world: World, pid: number): Promise<Figures> {
  const seen = Array.from({ length: USERS }, () => new Set<number>());
  let last = 0;
  const watch = (stanza: string) => {
    if (!stanza.startsWith('<presence')) return;
    const mine = seen[userOf(stanza)];
    if (attribute(stanza, 'type') === '') mine?.add(numberAfter(stanza, '/u'));
    else mine?.delete(numberAfter(stanza, '/u'));
    last = performance.now();
  };
  const before = cpuSeconds(pid);
  const began = performance.now();
  await world.join(SEATS, { atATime: USERS, watch });
  const complete = () => seen.every(({ size }) => size === USERS);
  while (!complete()) {
    if (performance.now() - last > PATIENCE) throw new Violation(`not everybody sees everybody: ${missing(seen)}`);
    await delay(1);
  }
  return { ms: last - began, busy: (cpuSeconds(pid) - before) * 1000 };
}

const PEOPLE = 5000;
const LARGE = '#large';

/** Somebody who is connected enters a very large channel; it is over with the subject, which comes last. */
export const joinLarge: Scenario = {
  name: 'join-5000',
  title: 'a channel with 5,000 nicks joined, ms',
  users: 1,
  async play({ world, pid }) {
    world.irc.people(
      LARGE,
      Array.from({ length: PEOPLE }, (_, nick) => `nick${nick}`),
    );
    await world.join([{ user: 0, channel: channelOf(0) }]);
    const before = cpuSeconds(pid);
    const began = performance.now();
    await world.join([{ user: 0, channel: LARGE }]);
    return { ms: performance.now() - began, busy: (cpuSeconds(pid) - before) * 1000 };
  },
};

/** Who does not see whom, the first few. */
function missing(seen: readonly ReadonlySet<number>[]): string {
  const pairs = seen.flatMap((one, user) =>
    seen.flatMap((_, other) => (one.has(other) ? [] : [`u${user} does not see u${other}`])),
  );
  return `${pairs.slice(0, 5).join(', ')} (${pairs.length} in all)`;
}
