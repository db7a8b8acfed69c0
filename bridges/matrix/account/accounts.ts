import { addresses, typed } from '#bridges/matrix/addresses.ts';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { forgetKeys } from '#bridges/matrix/crypto/store.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { lentFile, openMedia } from '#bridges/matrix/media/media.ts';
import { findSent } from '#bridges/matrix/messages/marks.ts';
import { readReference } from '#bridges/matrix/wire/files.ts';
import type { AccountLogin, Bridge, Host, OpenedFile, Session, SessionKey, Wish } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import { openOwnAsks } from './asks.ts';
import { loginOf } from './connection.ts';
import { namedBy } from './homeservers.ts';
import { type OwnAccount, openOwnAccount } from './session.ts';
import { serveSso } from './sso.ts';

/** Events that are remembered of which it is not known whether a device has sent them. */
const DOUBTS = 5_000;

const own = new WeakMap<Session, OwnAccount>();

/** The own account behind a session, for commands. Throws a `Failure` where it is none. */
export function ownAccountOf(session: Session | undefined): OwnAccount {
  const found = session && own.get(session);
  if (!found) throw new Failure('recipient-unavailable');
  return found;
}

/** What users do by accounts of their own. Everything here is for sessions that `connect` has made. */
export function openAccounts(config: MatrixConfig, host: Host) {
  const open = new Map<AccountKey, OwnAccount>();
  /** The homeserver of an account, also while it logs in: its files can be had before its first sync is taken in. */
  const servers = new Map<AccountKey, Promise<Homeserver>>();
  /** When nothing is done any more by the logins of accounts with a device, as long as something is. */
  const ending = new Map<string, Promise<void>>();
  const endOf = (account: AccountKey, device: string): Promise<void> | undefined => ending.get(`${account} ${device}`);
  /** By which device something was sent that the homeserver has not answered; another has other transactions. */
  const doubts = openRecent<string>(DOUBTS);
  let paused = false;
  let closed = false;
  serveSso(host);

  /** Does something by a login once nothing is done by the one before it: its keys are in the hands of one session at a time. */
  async function inTurn(account: AccountKey, device: string, work: () => Promise<OwnAccount>): Promise<OwnAccount> {
    const before = endOf(account, device);
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = `${account} ${device}`;
    ending.set(id, promise);
    const over = (): void => {
      if (ending.get(id) === promise) ending.delete(id);
      resolve();
    };
    try {
      await before;
      const made = await work();
      void made.ended.then(over);
      return made;
    } catch (error) {
      over();
      throw error;
    }
  }

  async function connect(key: SessionKey, wish: Wish, signal: AbortSignal): Promise<Session> {
    const { device } = loginOf(wish.credentials);
    const made = await inTurn(key.account, device, () => opened(key, wish, signal));
    open.set(key.account, made);
    own.set(made.session, made);
    made.pause(paused);
    return made.session;
  }

  async function opened(key: SessionKey, { credentials }: Wish, signal: AbortSignal): Promise<OwnAccount> {
    if (closed) throw new Failure('stopping');
    // It may have been given up while it waited.
    if (signal.aborted) throw new Failure('recipient-unavailable');
    const { url } = loginOf(credentials);
    const { promise, resolve, reject } = Promise.withResolvers<Homeserver>();
    servers.set(key.account, promise);
    const unreachable = (): void => {
      if (servers.get(key.account) === promise) servers.delete(key.account);
    };
    promise.catch(unreachable);
    return openOwnAccount({
      ...{ host, key, credentials: credentials ?? {}, signal, doubts },
      namedBy: namedBy(config, url),
      timeout: config.homeserver.timeout,
      directRooms: config.direct_rooms,
      link: (file) => lentFile(host.media, file, { account: key.account, encrypted: config.encrypted_files }),
      reached: resolve,
      over() {
        open.delete(key.account);
        unreachable();
      },
    }).catch((error: unknown) => {
      reject(error);
      throw error;
    });
  }

  return {
    connect,
    has: (session: Session | undefined): boolean => session !== undefined && own.has(session),
    deliver: (event: Event, session: Session | undefined) => ownAccountOf(session).deliver(event),
    ask<Q extends Query>(query: Q, session: Session | undefined): Promise<ReplyTo<Q>> {
      return openOwnAsks(host, ownAccountOf(session)).ask(query);
    },

    /** Whether an event has reached the room that it was for; nothing where its account is not there to look. */
    async reconcile(event: Event): Promise<'sent' | 'not-sent' | undefined> {
      if (event.place.kind === 'shared') return undefined;
      const made = open.get(event.place.account);
      if (!made) return undefined;
      const id = await made.whereabouts(event);
      if (id === undefined) return 'not-sent';
      const begin = `${event.id}.`;
      const sent = await findSent(made.server, { room: id }, (one) => one.startsWith(begin));
      return sent === undefined ? 'not-sent' : 'sent';
    },

    /** A file that was lent by the rights of an account; nothing for one that was not. */
    openFile(reference: string): Promise<OpenedFile> | undefined {
      const { user } = readReference(reference);
      if (user === '') return undefined;
      const server = servers.get(user as AccountKey);
      if (!server) throw new Failure('recipient-unavailable');
      return server.then((reached) => openMedia(reached, reference));
    },

    /** The device is logged out, and its keys go. */
    async forget(account: AccountKey, logins: readonly AccountLogin[]): Promise<void> {
      for (const { credentials } of logins) {
        const login = loginOf(credentials);
        // What was said before goes by it yet.
        await endOf(account, login.device);
        await forgetKeys(host.state, account, login.device);
        const url = `${login.url}/_matrix/client/v3/logout`;
        const how = { namedBy: namedBy(config, login.url), timeout: config.homeserver.timeout, redirects: 0 } as const;
        const headers = { Authorization: `Bearer ${login.token}`, 'Content-Type': 'application/json' };
        const response = await host.fetch(url, { method: 'POST', headers, body: '{}', ...how });
        await response.body?.cancel();
      }
    },

    /** A user has set something: the account may have to look otherwise. */
    changed(account: AccountKey): void {
      const failed = (err: unknown): void => host.log.warn({ err }, 'an account could not be given a name and picture');
      open.get(account)?.looks.follow().catch(failed);
    },

    pause(now: boolean): void {
      paused = now;
      for (const made of open.values()) made.pause(now);
    },

    async [Symbol.asyncDispose](): Promise<void> {
      closed = true;
      await Promise.all([...open.values()].map(({ session }) => session.close('stopped')));
    },
  };
}

export type OwnAccounts = ReturnType<typeof openAccounts>;

/** Both ways of one transport: by its own account who has linked one, by the application service who has not. */
export function withAccounts(accounts: OwnAccounts, service: Omit<Bridge, 'connect'>): Bridge {
  const isOwn = (session: Session | undefined): boolean => session !== undefined && !session.stands;
  return {
    ...service,
    connect: accounts.connect,
    deliver: (event, session) => (isOwn(session) ? accounts.deliver(event, session) : service.deliver(event, session)),
    ask: (query, session) => (isOwn(session) ? accounts.ask(query, session) : service.ask(query, session)),
    async reconcile(event) {
      return (await accounts.reconcile(event)) ?? (await service.reconcile?.(event)) ?? 'unknown';
    },
    async openFile(reference, range) {
      const found = accounts.openFile(reference) ?? service.openFile?.(reference, range);
      if (!found) throw new Failure('item-not-found');
      return found;
    },
    async unlink(account, login) {
      await accounts.forget(account, [login]);
      return undefined;
    },
    // What is by the same device goes on: that would be logged out.
    replaced: async (account, login, next) =>
      void (isSameDevice(login, next) || (await accounts.forget(account, [login]))),
    async forget(account, logins) {
      await accounts.forget(account, logins);
      await service.forget?.(account, logins);
    },
    changed(account, place) {
      if (place === undefined) accounts.changed(account);
      service.changed?.(account, place);
    },
    pause(now) {
      accounts.pause(now);
      service.pause(now);
    },
    async [Symbol.asyncDispose]() {
      await accounts[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

function isSameDevice(one: AccountLogin, other: AccountLogin): boolean {
  const [a, b] = [loginOf(one.credentials), loginOf(other.credentials)];
  if (a.user !== b.user) return false;
  return a.device === '' ? a.token === b.token : a.device === b.device;
}

/** What is typed for an address, as the rest of the house calls it. */
export const resolved = (text: string): string => addresses.format(typed(text));
