import { expect, test, vi } from 'vitest';
import { type FlowClient, openSlixmpp, openXmppJs } from './flow-clients.ts';
import { ireneOf, mercutioOf } from './flow-networks.ts';
import { IRC, PIGEON, startFlowWorld } from './flow-world.ts';
import { converse, type Flow, introduce, whisper } from './flows.ts';
import { describeReal } from './servers.ts';

type Flows = Awaited<ReturnType<typeof startFlows>>;

/** Juliet with @xmpp/client and Romeo with slixmpp, on both networks. */
async function startFlows(far: boolean) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startFlowWorld({ far }));
  const juliet = stack.use(await openXmppJs({ ...world.users, user: 'juliet' }));
  const romeo = stack.use(await openSlixmpp({ ...world.users, user: 'romeo' }));
  const nets = [stack.use(await ireneOf(world)), stack.use(await mercutioOf(world, ['juliet', 'romeo']))];
  const flows: Flow[] = [];
  for (const net of nets)
    for (const [user, client] of Object.entries({ juliet, romeo })) flows.push({ world, net, user, client });
  const resources = stack.move();
  return { world, nets, juliet, romeo, flows, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Whom of the gateway's a client shows as being there. */
const seen = (client: FlowClient): readonly string[] =>
  client.green().filter((jid) => jid.includes(IRC) || jid.includes(PIGEON));

/** A stop, as by SIGTERM, leaves nobody of the networks there. */
async function stops({ world, juliet, romeo }: Flows): Promise<void> {
  for (const client of [juliet, romeo]) expect(seen(client)).not.toEqual([]);
  await world.gateway.stop();
  await vi.waitFor(() => expect([juliet, romeo].map(seen)).toEqual([[], []]), { timeout: 20_000 });
}

const needs = ['prosody', 'inspircd', 'python3-slixmpp'] as const;

describeReal('@xmpp/client and slixmpp', needs, () => {
  test('do on IRC and on the invented network what clients do', async () => {
    await using all = await startFlows(false);
    for (const flow of all.flows) {
      await introduce(flow);
      await whisper(flow, flow.user);
      await converse(flow, flow.user);
    }
    await stops(all);
  });
});
