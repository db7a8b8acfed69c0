import type { Bridge, Host, Session, SessionKey, Wish } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey } from '#src/model/ids.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import { answer, resolved } from './asks.ts';
import { type Client, openClient } from './client.ts';
import type { PigeonConfig } from './config.ts';
import { openDrops } from './drops.ts';
import { openFile } from './files.ts';
import { openFlock } from './flock.ts';
import { CONNECT_TIMEOUT, revoke } from './login.ts';
import { lowered, narrow } from './view.ts';

/** Who sees to the loft. */
const KEEPER = 'keeper';

type Connecting = Bridge & Required<Pick<Bridge, 'connect'>>;

/** Opens a pigeon transport. Nothing is connected until somebody asks for it. */
export async function openBridge(config: PigeonConfig, table: Capabilities, host: Host): Promise<Connecting> {
  await openDrops(config, host);
  const { file_size: fileSize } = config;
  const levels = { ...lowered(table, config.carries), ...(fileSize !== undefined && { fileSize }) };
  const flock = openFlock(table.rooms === 'shared');
  const open = new WeakMap<Session, Client>();
  const stop = new AbortController();
  let paused = false;

  async function connect(key: SessionKey, wish: Wish, given: AbortSignal): Promise<Session> {
    if (stop.signal.aborted) throw new Failure('stopping');
    if (!wish.credentials && !config.guests) throw new Failure('not-registered');
    const signal = AbortSignal.any([given, host.signal, stop.signal]);
    const set = await host.settings({ kind: 'realm', account: key.account, realm: key.realm });
    const socket = await host.connect({ host: config.host, port: config.port, timeout: CONNECT_TIMEOUT }, signal);
    const client = await openClient({ host, config, levels, flock }, { key, wish, set, socket, signal });
    open.set(client.session, client);
    if (paused) client.pause(true);
    return client.session;
  }

  function clientOf(session: Session | undefined): Client {
    const client = session && open.get(session);
    if (!client) throw new Failure('recipient-unavailable');
    return client;
  }

  return {
    connect,
    deliver: (event, session) => clientOf(session).deliver(event),
    deliverTogether: async (events, session) => clientOf(session).deliverTogether(events),
    async ask<Q extends Query>(query: Q, session?: Session) {
      // Addresses need no line.
      if (query.kind === 'resolve') return resolved(query) as ReplyTo<Q>;
      return (await answer(query, clientOf(session))) as ReplyTo<Q>;
    },
    async reconcile(event) {
      const client = flock.clients.get(accountOf(event, host.transport));
      if (!client) return 'unknown';
      return (await client.sent(event.id)) ? 'sent' : 'not-sent';
    },
    withdraw: (id) => [...flock.clients.values()].some((client) => client.withdraw(id)),
    refuses: (id) => (id === KEEPER ? new Failure('not-allowed', { text: 'The keeper reads no letters.' }) : undefined),
    openFile: (reference, range) => openFile({ config, host }, reference, range),
    async forget(_account, logins) {
      for (const { credentials } of logins) await revoke({ config, host }, credentials);
    },
    async unlink(_account, { credentials }) {
      await revoke({ config, host }, credentials);
      return 'The loft takes your key no more.';
    },
    changed(account, place) {
      if (place) return;
      void flock.clients.get(account)?.reread();
    },
    narrow: (place) => narrow(levels, place),
    pause(now) {
      paused = now;
      for (const client of flock.clients.values()) client.pause(now);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([...flock.clients.values()].map((client) => client.close(new Failure('stopping'))));
    },
  };
}

/** Whose event it is: the place tells, or where that is shared its author. */
export function accountOf({ place, from }: Event, transport: string): AccountKey {
  if (place.kind !== 'shared') return place.account;
  if (from.kind !== 'xmpp') throw new Failure('bad-request');
  return accountKey(from.bare, transport);
}
