import { setTimeout as delay } from 'node:timers/promises';
import { residentMegabytes } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { channelOf } from './texts.ts';

/** Milliseconds after the last join: a gateway that is left alone has tidied up by then. */
const REST = 10_000;
/** Users in a channel. */
const TOGETHER = 10;

/** Each user has a connection, and shares a channel with nine others. */
const scenario = (users: number, large: boolean): Scenario => ({
  name: `memory-${users}`,
  title: `RSS with ${users} connected users, MB`,
  users,
  large,
  once: true,
  async play({ world, pid }) {
    await world.join(
      Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(Math.floor(user / TOGETHER)) })),
    );
    await delay(REST);
    return { rss: residentMegabytes(pid) };
  },
});

export const memory = [scenario(100, false), scenario(1000, false), scenario(5000, true)];
