import { join } from 'node:path';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { type Gateway, startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { configFrom } from '../config-from.ts';
import { folder } from '../process/cli/isthmus.ts';
import { type MatrixJsDevice, openDevice } from './matrix-js.mjs';
import { xml, xmppClient } from './servers.ts';
import { HOMESERVER, type SynapseOptions, startSynapse } from './synapse.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { startXmppServer } from './xmpp-servers.ts';

/** The gateway's domain. */
export const MATRIX = 'matrix.localhost';
const SECRET = 'secret';
const PASSWORD = 'pw';
const REGISTER = 'jabber:iq:register';

export type MatrixWorldOptions = Pick<SynapseOptions, 'settings'> & {
  /** Users of the homeserver. */
  readonly people: readonly string[];
  /** More of the transport's settings. */
  readonly transport?: object;
  /** Where the gateway finds the homeserver, when something stands between. */
  readonly via?: (url: string) => Promise<string>;
};

export type MatrixWorld = Awaited<ReturnType<typeof startMatrixWorld>>;

/** A real Prosody with alice and bob, a real Synapse, and a gateway between them that can be stopped and started. */
export async function startMatrixWorld({ people, settings = {}, transport = {}, via }: MatrixWorldOptions) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const [http = 0] = await freePorts(1);
  const registration = {
    id: 'isthmus',
    url: `http://127.0.0.1:${http}/hooks/${MATRIX}`,
    as_token: 'as-token',
    hs_token: 'hs-token',
    sender_localpart: '_xmpp_bot',
    rate_limited: false,
    receive_ephemeral: true,
    namespaces: { users: [{ exclusive: true, regex: `@_xmpp_.*:${HOMESERVER}` }], aliases: [], rooms: [] },
  };
  const [xmpp, synapse] = await Promise.all([
    startXmppServer('prosody', { domains: { [MATRIX]: SECRET }, users: { alice: PASSWORD, bob: PASSWORD } }),
    startSynapse({ services: [registration], settings }),
  ]);
  stack.use(xmpp);
  stack.use(synapse);
  for (const user of people) await synapse.register(user, PASSWORD);
  const url = (await via?.(synapse.url)) ?? synapse.url;
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    http: { listen: `127.0.0.1:${http}`, public_url: `http://127.0.0.1:${http}` },
    access: { register: ['alice@localhost', 'bob@localhost'] },
    limits: { reconnect_min: '1s', reconnect_max: '2s' },
    transports: {
      [MATRIX]: {
        bridge: 'matrix',
        secret: SECRET,
        homeserver: { url, name: HOMESERVER },
        appservice: { as_token: registration.as_token, hs_token: registration.hs_token },
        ...transport,
      },
    },
  });
  let gateway: Gateway | undefined;
  const start = async (): Promise<void> => {
    gateway = await startGateway(config, {
      log: openLog('silent'),
      metrics: openMetrics(),
    });
    await gateway.online();
  };
  const stop = async (): Promise<void> => {
    await gateway?.[Symbol.asyncDispose]();
    gateway = undefined;
  };
  stack.defer(stop);
  await start();
  const resources = stack.move();
  return {
    synapse,
    xmpp,
    start,
    stop,
    /** Logs a user in at XMPP and sends presence. */
    async login(user: 'alice' | 'bob', resource = 'phone'): Promise<XmppClient> {
      const client = await xmppClient({ port: xmpp.ports.c2s, user, password: PASSWORD, resource });
      await client.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: 'jabber:iq:roster' })));
      await client.send(xml('presence'));
      return client;
    },
    /** A device of a user of the homeserver. */
    device: (user: string, device?: string): Promise<MatrixJsDevice> =>
      openDevice({ url: synapse.url, user, password: PASSWORD, ...(device && { device }) }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Links an account, by its id or its name at the homeserver, and lets the gateway in, as every client does. */
export async function linkAccount(client: XmppClient, user: string, encryption = true): Promise<void> {
  await logInAs(client, user, encryption);
  await client.next((one) => one.is('presence') && one.attrs.type === 'subscribe', 'the request of the gateway');
  await client.send(xml('presence', { to: MATRIX, type: 'subscribed' }));
  await client.send(xml('presence', { to: MATRIX, type: 'subscribe' }));
  await online(client);
}

/** Logs in to an account of the homeserver in one form (XEP-0077). */
export async function logInAs(client: XmppClient, user: string, encryption = true): Promise<void> {
  const field = (name: string, value: string) => xml('field', { var: name }, xml('value', {}, value));
  const fields = [
    field('FORM_TYPE', REGISTER),
    field('user', user.startsWith('@') ? user : `@${user}:${HOMESERVER}`),
    field('password', PASSWORD),
    field('encryption', String(encryption)),
  ];
  const form = xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields);
  const answer = await client.ask(xml('iq', { type: 'set', to: MATRIX }, xml('query', { xmlns: REGISTER }, form)));
  if (answer.attrs.type !== 'result') throw new Error(`the account was not linked: ${answer}`);
}

/** Waits until the gateway shows that the account is logged in. */
export const online = (client: XmppClient): Promise<Element> =>
  client.next(
    (one) => one.is('presence') && /^Online as/.test(one.getChildText('status') ?? ''),
    'the login at Matrix',
  );

/** The JID of a user of the homeserver, or of a room. */
export const jidOf = (id: string): string => `${localOf(id).replaceAll(':', '\\3a')}@${MATRIX}`;

/** Writes to a person. */
export const write = (client: XmppClient, to: string, body: string, id?: string): Promise<void> =>
  client.send(xml('message', { to, type: 'chat', ...(id && { id }) }, xml('body', {}, body)));

/** The next message of somebody that says this. */
export const heardFrom = (client: XmppClient, from: string, body: string): Promise<Element> =>
  client.next(
    (one) => one.is('message') && one.attrs.from?.split('/')[0] === from && one.getChildText('body') === body,
    `"${body}" from ${from}`,
  );
