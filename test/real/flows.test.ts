import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../patience.ts';
import { FAR } from './federation.ts';
import { type FlowClient, isOut, openSlixmpp, openXmppJs } from './flow-clients.ts';
import { ireneOf, mercutioOf } from './flow-networks.ts';
import { IRC, PIGEON, startFlowWorld } from './flow-world.ts';
import { converse, type Flow, introduce, isFrom, nickOf, passed, textOf, whisper } from './flows.ts';
import { describeReal } from './servers.ts';
import type { Element } from './xmpp.ts';

type Flows = Awaited<ReturnType<typeof startFlows>>;

/** Juliet with @xmpp/client and Romeo with slixmpp, on both networks. */
async function startFlows(far: boolean) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startFlowWorld({ far }));
  const juliet = stack.use(await openXmppJs({ ...world.users, user: 'juliet' }));
  const romeo = stack.use(await openSlixmpp({ ...world.users, user: 'romeo' }));
  const nets = [stack.use(await ireneOf(world)), stack.use(await mercutioOf(world, ['juliet', 'romeo']))] as const;
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
  await eventually(() => expect([juliet, romeo].map(seen)).toEqual([[], []]));
}

const WHISPERED = ['are you', 'still', 'there?'];
const SAID = ['nobody', 'hears us'];
const inPrivate = ({ user }: Flow): readonly string[] => WHISPERED.map((text) => `${user}: ${text}`);

/** A server that has not seen yet that the link is cut loses what it writes, without an error: it is written again until there is one. */
async function inVain(client: FlowClient, contact: string, user: string): Promise<void> {
  const ids: string[] = [];
  const write = async (): Promise<void> => void ids.push(await client.write(contact, 'chat', 'in vain'));
  await write();
  const again = setInterval(() => void write(), 3000);
  const refused = (one: Element): boolean => one.attrs.type === 'error' && ids.includes(one.attrs.id ?? '');
  await client.next(refused, `the error for ${user}`).finally(() => clearInterval(again));
}

/** The link between the servers is cut while people of the networks go on, and users write in vain. */
async function cut({ world, flows, nets }: Flows): Promise<void> {
  await world.far?.cut();
  for (const { net, user, client } of flows) {
    for (const text of WHISPERED) await net.tell(user, `${user}: ${text}`);
    await net.away?.(user);
    await inVain(client, net.contact, user);
  }
  for (const net of nets) for (const text of SAID) await net.say(text);
}

/** What was written in private meanwhile comes once and in order; nobody is left with a room in which they are not. */
async function recovers({ world, flows, juliet }: Flows): Promise<void> {
  world.far?.mend();
  {
    await using _ = await world.pulse(4);
    for (const flow of flows) {
      const { client, net } = flow;
      const texts = inPrivate(flow);
      const found: string[] = [];
      const isOne = (one: Element): boolean =>
        isFrom(one, net.contact) && texts.includes(one.getChildText('body') ?? '');
      while (found.length < texts.length)
        found.push((await client.next(isOne, `text ${found.length + 1} of ${flow.user}`)).getChildText('body') ?? '');
      expect(found).toEqual(texts);
    }
  }
  for (const { client, net, user } of flows) {
    const isAway = (one: Element): boolean => isFrom(one, net.contact) && one.getChildText('show') === 'away';
    if (net.away) await client.next(isAway, `that ${net.name} is away, for ${user}`);
  }
  await passed({ client: juliet, world });
  for (const { client, net, user } of flows) {
    if (await client.ping(`${net.room}/${nickOf(user)}`)) {
      for (const text of SAID) await client.next(textOf(`${net.room}/${net.nick}`, text), `${text} for ${user}`);
      continue;
    }
    await client.next((one) => isFrom(one, net.room) && isOut(one), `the end of the room for ${user}`);
    await client.join(net.room, nickOf(user));
    for (const text of SAID) await client.next(textOf(`${net.room}/${net.nick}`, text), `${text} for ${user}`);
  }
}

const needs = ['prosody', 'ngircd', 'python3-slixmpp'] as const;

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

  test('do so at another server, before the link to it was cut and after that', async () => {
    await using all = await startFlows(true);
    for (const flow of all.flows) {
      await introduce(flow);
      await whisper(flow, flow.user);
      await converse(flow, flow.user);
    }
    await cut(all);
    await recovers(all);
    for (const flow of all.flows) {
      await whisper(flow, `${flow.user}-again`);
      await converse(flow, `${flow.user}-again`);
    }
    await stops(all);
  });

  test('have nothing of an account that was removed at another server and made anew', async () => {
    await using all = await startFlows(true);
    const { world, nets, romeo } = all;
    const old = all.flows.filter(({ client }) => client === romeo);
    for (const flow of old) {
      await introduce(flow);
      await converse(flow, 'old');
    }
    await romeo.remove();
    // Nobody is logged in for the account any more.
    await world.order({ wait: 'idle' });
    const accounts = join(world.far?.dir ?? '', 'data', FAR.replace('.', '%2e'), 'accounts');
    await writeFile(join(accounts, 'romeo.dat'), 'return { ["password"] = "pw" };\n');
    await using fresh = await openXmppJs({ ...world.users, user: 'romeo' });
    expect(await fresh.roster()).toEqual([]);
    const [irene, mercutio] = nets;
    await fresh.join(irene.room, 'Romeo');
    expect(await fresh.archive(irene.room)).toEqual([]);
    await expect(fresh.join(mercutio.room, 'Romeo')).rejects.toThrow('registration-required');
    expect(seen(fresh).filter((jid) => old.some(({ net }) => jid.startsWith(net.contact)))).toEqual([]);
  });
});
