import type { Bridge, Host, Session, SessionKey, Wish } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { addresses, isRoom, wireName } from './addresses.ts';
import { Client } from './client.ts';
import type { SemaphoreConfig } from './config.ts';

/** Milliseconds that connecting may take. */
const CONNECT_TIMEOUT = 30_000;

/** Opens a semaphore transport. Nothing is connected until somebody asks for it. */
export function openBridge(config: SemaphoreConfig, host: Host): Bridge {
  const clients = new Map<AccountKey, Client>();
  const stop = new AbortController();
  let paused = false;

  const ours = (name: string) => [...clients].find(([, client]) => client.name === name)?.[0];

  async function connect(key: SessionKey, wish: Wish, given: AbortSignal): Promise<Session> {
    const { account } = key;
    const { window, ...where } = config;
    if (stop.signal.aborted) throw new Failure('stopping');
    const signal = AbortSignal.any([given, host.signal, stop.signal]);
    const name = nameOf(account, wish);
    const socket = await host.connect({ ...where, timeout: CONNECT_TIMEOUT }, signal);
    const view = { transport: host.transport, account, ours };
    const client = new Client(host, view, { key, name, socket, window });
    // Before it is online: what comes right behind may already be about us.
    clients.set(account, client);
    if (paused) client.pause(true);
    socket.on('close', () => clients.get(account) === client && clients.delete(account));
    await client.login(signal);
    return client.session;
  }

  function clientOf(session: Session | undefined): Client {
    const client = session && clients.get(session.account);
    if (client?.session !== session || !client) throw new Failure('recipient-unavailable');
    return client;
  }

  async function answer(query: Query, session: Session | undefined): Promise<Reply> {
    if (query.kind === 'resolve')
      return { kind: 'resolve', id: addresses.format(addresses.parse(wireName(query.text.trim()))) };
    if (query.kind !== 'ping') throw new Failure('not-supported');
    const start = host.clock.now();
    await clientOf(session).ask(['ping']);
    return { kind: 'ping', ms: host.clock.now() - start };
  }

  return {
    connect,
    deliver: (event, session) => clientOf(session).deliver(event),
    ask: async <Q extends Query>(query: Q, session?: Session) => (await answer(query, session)) as ReplyTo<Q>,
    async reconcile({ id, place, from }) {
      const account = place.kind !== 'shared' ? place.account : from.kind === 'xmpp' ? accountOf(from.bare) : undefined;
      const client = account && clients.get(account);
      if (!client) return 'unknown';
      return (await client.ask(['sent', id])) === 'yes' ? 'sent' : 'not-sent';
    },
    pause(now) {
      paused = now;
      for (const client of clients.values()) client.pause(now);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([...clients.values()].map((client) => client.close(new Failure('stopping'))));
    },
  };

  function accountOf(bare: string): AccountKey | undefined {
    return [...clients.keys()].find((account) => splitAccount(account).user === bare);
  }
}

/** Who has no name in mind is called as at home. */
function nameOf(account: AccountKey, { nick }: Wish): string {
  const { user } = splitAccount(account);
  const name = wireName(nick ?? user.slice(0, user.indexOf('@')));
  if (name === '' || isRoom(name)) throw new Failure('not-acceptable');
  return name;
}
