import type { Flow } from '../load/flow.ts';
import type { World } from '../load/world.ts';
import { measureFlow, type Scenario } from '../scenario.ts';
import { channelOf } from './texts.ts';

/** So many users, each alone in a channel, while a flow goes through all of them. */
export const inChannels = (
  { name, title, users }: Pick<Scenario, 'name' | 'title' | 'users'>,
  flow: (world: World, lanes: number) => Flow,
): Scenario => ({
  name,
  title,
  users,
  async play(bench) {
    const { world } = bench;
    await world.join(Array.from({ length: users }, (_, user) => ({ user, channel: channelOf(user) })));
    return measureFlow(flow(world, users), bench);
  },
});
