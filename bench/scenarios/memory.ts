import { setTimeout as delay } from 'node:timers/promises';
import { residentMegabytes } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { channelOf } from './texts.ts';

/** Users in a channel. */
const TOGETHER = 10;

/** Each user has a connection, and shares a channel with nine others. */
const scenario = (users: number, large: boolean): Scenario => ({
  name: `memory-${users}`,
  title: `RSS with ${users} connected users, MB`,
  users,
  large,
  once: true,
  async play({ world, pid, seconds }) {
    await world.join(
      Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(Math.floor(user / TOGETHER)) })),
    );
    await delay(seconds * 1000);
    return { rss: residentMegabytes(pid) };
  },
});

export const memory = [scenario(100, false), scenario(1000, false), scenario(5000, true)];
