import { describe, expect, it } from 'vitest';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { type Flow, openFlow, Violation } from '../bench/load/flow.ts';
import { openWorld } from '../bench/load/world.ts';
import { channelOf } from '../bench/scenarios/texts.ts';
import { flowToIrc } from '../bench/scenarios/to-irc.ts';
import { flowToXmpp } from '../bench/scenarios/to-xmpp.ts';
import { config } from '../bench/targets/isthmus.ts';
import { configFrom } from './config-from.ts';
import { folder } from './process/cli/isthmus.ts';

const LANES = 3;
const MESSAGES = 60;

describe("the harness's servers", () => {
  it.each([
    { way: 'to IRC with echo', flowOf: flowToIrc, caps: ['echo-message', 'multi-prefix'] },
    { way: 'to IRC without', flowOf: flowToIrc, caps: [] },
    { way: 'to XMPP', flowOf: flowToXmpp, caps: [] },
  ])('carry numbered messages through a gateway, in order: $way', async ({ flowOf, caps }) => {
    await using world = await openWorld(caps);
    using dir = folder();
    const ports = { xmppPort: world.xmpp.port, ircPort: world.irc.port };
    const settings = await configFrom(config({ ...ports, dir: dir.path }));
    await using gateway = await startGateway(settings, { log: openLog('silent'), metrics: openMetrics() });
    await gateway.online();
    await world.join(Array.from({ length: LANES }, (_, user) => ({ user, channel: channelOf(user) })));
    const flow = flowOf(world, LANES);
    for (let sent = 0; sent < MESSAGES; sent++) flow.one();
    await flow.settled();
    expect(flow.done).toBe(MESSAGES);
  });
});

describe('a flow', () => {
  const sent = (count: number): Flow => {
    const flow = openFlow({ lanes: 2, checkpoints: 1, window: 10, send: () => {}, flush: () => {}, patience: 1 });
    for (let number = 0; number < count; number++) flow.one();
    return flow;
  };

  it('is settled by each number of each lane in its turn', async () => {
    const flow = sent(4);
    for (const [lane, number] of [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as const)
      flow.pass(0, lane, number);
    await flow.settled();
    expect(flow.done).toBe(4);
  });

  it.each<[what: string, passes: [lane: number, number: number][]]>([
    [
      'a message that is missing',
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    ],
    [
      'one that overtakes another',
      [
        [0, 1],
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    ],
    [
      'one that comes twice',
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    ],
    [
      'one too many',
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
        [1, 2],
      ],
    ],
    [
      'one of no lane',
      [
        [-1, 0],
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    ],
  ])('notices %s', async (_what, passes) => {
    const flow = sent(4);
    for (const [lane, number] of passes) flow.pass(0, lane, number);
    await expect(flow.settled()).rejects.toThrow(Violation);
  });
});
