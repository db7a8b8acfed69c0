import { join } from 'node:path';
import { registration } from '#bridges/matrix/appservice/registration.ts';
import { config as matrixConfig } from '#bridges/matrix/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { configFrom } from '../config-from.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { nioClient } from './matrix-nio.ts';
import { xml, xmppClient } from './servers.ts';
import { federatedName, HOMESERVER, startSynapse } from './synapse.ts';
import { startXmppServer } from './xmpp-servers.ts';

export const MATRIX = 'matrix.localhost';
const SECRET = 'secret';

export type MatrixWorldOptions = {
  readonly uploadHosts?: readonly string[];
  /** Where other homeservers find ours; without it knows none. */
  readonly federation?: number;
};

/** A real XMPP server with romeo, juliet and paris, a real Synapse with alice and bob, and a gateway between them. */
export async function startMatrixWorld({ uploadHosts = [], federation }: MatrixWorldOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const [port = 0] = await freePorts(1);
  const name = federation === undefined ? HOMESERVER : federatedName(federation);
  const own = (url: string) => ({
    homeserver: { url, name },
    appservice: { as_token: 'as-token', hs_token: 'hs-token' },
    contact: 'admin@localhost',
  });
  const publicUrl = `http://127.0.0.1:${port}`;
  const written = registration(matrixConfig.parse(own('http://127.0.0.1')), { domain: MATRIX, url: publicUrl });
  const synapse = stack.use(
    await startSynapse({ services: [written], ...(federation !== undefined && { federation }) }),
  );
  for (const user of ['alice', 'bob']) await synapse.register(user, 'pw');
  const users = { romeo: 'pw', juliet: 'pw', paris: 'pw' };
  const xmpp = stack.use(await startXmppServer('prosody', { domains: { [MATRIX]: SECRET }, users }));
  const configOf = (more: object) =>
    configFrom({
      xmpp: { host: '127.0.0.1', port: xmpp.ports.component, upload_hosts: uploadHosts },
      store: `sqlite:${join(dir.path, 'store.db')}`,
      key: { file: join(dir.path, 'isthmus.key') },
      access: { register: ['localhost'] },
      http: { listen: `127.0.0.1:${port}`, public_url: publicUrl },
      media: { dir: join(dir.path, 'media') },
      transports: { [MATRIX]: { bridge: 'matrix', secret: SECRET, ...own(synapse.url), ...more } },
    });

  const clock = jumpingClock();

  /** Starts a gateway on the store, with its listeners. `more`: settings of the transport. */
  async function launch(more: object = {}) {
    const config = await configOf(more);
    await using parts = new AsyncDisposableStack();
    const [log, metrics] = [openLog('silent'), openMetrics()];
    const site = openSite({ publicUrl, clock, metrics });
    const readiness = () => ({ ready: true, transports: {} });
    parts.use(
      await startWeb({ http: config.http, admin: undefined, site, log, registry: metrics.registry, readiness }),
    );
    const gateway = parts.use(await startGateway(config, { log, metrics, site, clock }));
    await gateway.online();
    const held = parts.move();
    return { [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  /** Calls the homeserver as one of its users. */
  const user = (name: string) => callerAt(synapse.url, name);

  /** The next thing without a place in the history of a room, such as who types, as one of its members sees it. */
  async function ephemeral(call: UserCall, type: string, holds: (content: string) => boolean) {
    const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 0 } } }));
    for (let since = '', tries = 0; tries < 20; tries++) {
      const told = await call('GET', `sync?timeout=3000&filter=${filter}${since && `&since=${since}`}`);
      since = String(told.next_batch);
      const { join = {} } = (told.rooms ?? {}) as {
        join?: Record<string, { ephemeral: { events: { type: string }[] } }>;
      };
      const events = Object.values(join).flatMap((room) => room.ephemeral.events);
      const found = events.find((event) => event.type === type && holds(JSON.stringify(event)));
      if (found) return found;
    }
    throw new Error(`no ${type}`);
  }

  const gateway = stack.use(await launch());
  const resources = stack.move();
  return {
    synapse,
    launch,
    gateway,
    /** Moves the gateway's time on, in seconds. */
    jump: (seconds: number): void => clock.jump(seconds * 1000),
    user,
    ephemeral,
    nio: (name: string) => nioClient({ url: synapse.url, user: name, password: 'pw' }),
    async login(name: keyof typeof users) {
      const client = await xmppClient({ port: xmpp.ports.c2s, user: name, password: 'pw' });
      await client.send(xml('presence'));
      return client;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type UserCall = Awaited<ReturnType<typeof callerAt>>;

/** Calls a homeserver as one of its users. */
export async function callerAt(url: string, name: string) {
  const call = async (
    method: string,
    path: string,
    body?: object,
    token?: string,
  ): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${url}/_matrix/client/v3/${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const told = (await answer.json()) as Record<string, unknown>;
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  };
  const login = await call('POST', 'login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: name },
    password: 'pw',
  });
  return (method: string, path: string, body?: object) => call(method, path, body, String(login.access_token));
}

/** The JID of an id of Matrix, whose sigil is that of a room or nothing. */
export const matrixJid = (local: string): string => `${local.replaceAll(':', '\\3a')}@${MATRIX}`;
