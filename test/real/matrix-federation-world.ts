import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { jidOf } from './matrix-account-world.ts';
import { type MatrixJsDevice, openDevice } from './matrix-js.mjs';
import { callerAt, MATRIX, startMatrixWorld } from './matrix-world.ts';
import { type RunningSynapse, startSynapse } from './synapse.ts';
import { type Element, type XmppClient, xml } from './xmpp.ts';

const PASSWORD = 'pw';

export type FederatedWorld = Awaited<ReturnType<typeof startFederatedWorld>>;

/** The world of an application service and of own accounts, and a second Synapse, with tybalt, that federates with its own. */
export async function startFederatedWorld() {
  await using stack = new AsyncDisposableStack();
  const [port = 0, farPort = 0] = await freePorts(2);
  const [world, far] = await Promise.all([
    startMatrixWorld({ federation: port }),
    startSynapse({ federation: farPort }),
  ]);
  stack.use(world);
  stack.use(far);
  await far.register('tybalt', PASSWORD);
  const resources = stack.move();
  return {
    ...world,
    /** The other homeserver. */
    far,
    /** A device of somebody there. */
    device: (user: string): Promise<MatrixJsDevice> => openDevice({ url: far.url, user, password: PASSWORD }),
    /** Starts the other homeserver again, with somebody's device there; the gateway tries again now what it has put off. */
    async bringBack(device: MatrixJsDevice): Promise<void> {
      await far.restart();
      device.client.retryImmediately();
      world.jump(15);
    },
    /** What was said in a room, as the ghost of somebody finds it at its own homeserver. */
    async saidBefore(name: string, room: string): Promise<readonly unknown[]> {
      const query = new URLSearchParams({
        dir: 'b',
        limit: '100',
        user_id: `@_xmpp_${name}=40localhost:${world.synapse.name}`,
      });
      const url = `${world.synapse.url}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?${query}`;
      const answer = await fetch(url, { headers: { Authorization: 'Bearer as-token' } });
      const { chunk } = (await answer.json()) as { chunk: { type: string; content: { body?: unknown } }[] };
      return chunk.flatMap(({ type, content }) => (type === 'm.room.message' ? content.body : []));
    },
    /** Five seconds pass for the gateway, of which somebody hears after that. */
    async later(client: XmppClient): Promise<void> {
      world.jump(5);
      await client.ask(xml('iq', { type: 'get', to: MATRIX }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
    },
    /** The ghost of somebody on XMPP. */
    ghost: (name: string): string => `@_xmpp_${name}=40localhost:${world.synapse.name}`,
    /** Makes a public room there: its id, and the JID of its alias. */
    async openHouse(owner: MatrixJsDevice, name: string) {
      const room = await owner.makeRoom({ preset: 'public_chat', room_alias_name: name });
      return { room, jid: jidOf(`#${name}:${far.name}`) };
    },
    /** Answers the question whether people of XMPP may come in, as one who keeps order in the room. */
    async decide(owner: MatrixJsDevice, room: string, who: string, key: '👍' | '👎'): Promise<void> {
      const asks = (text: unknown): boolean => String(text).startsWith(`${who}@localhost would like to come`);
      const asked = await owner.next(room, ({ content }) => asks(content.body), `the question for ${who}`);
      const relation = { rel_type: 'm.annotation', event_id: asked.id, key };
      await owner.client.sendEvent(room, 'm.reaction', { 'm.relates_to': relation });
    },
    /** What was said in a room, the newest first, as somebody at a homeserver finds it; what is encrypted by its type. */
    async said(server: RunningSynapse, user: string, room: string): Promise<readonly unknown[]> {
      const call = await callerAt(server.url, user);
      const { chunk } = await call('GET', `rooms/${encodeURIComponent(room)}/messages?dir=b&limit=100`);
      const events = chunk as { type: string; content: { body?: unknown } }[];
      return events.flatMap(({ type, content }) => (/message|encrypted/.test(type) ? (content.body ?? type) : []));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The presence of an occupant who has left. */
export const left = (client: XmppClient, occupant: string): Promise<Element> =>
  client.next(
    (one) => one.is('presence') && one.attrs.type === 'unavailable' && one.attrs.from === occupant,
    `that ${occupant} is gone`,
  );

/** The condition of an error (RFC 6120 §8.3.3); nothing where it is none. */
export const conditionOf = (stanza: Element): string | undefined =>
  stanza.getChild('error')?.getChildElements()[0]?.name;
