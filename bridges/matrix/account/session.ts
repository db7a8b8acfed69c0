import { backUp, takeBackupKey } from '#bridges/matrix/crypto/backup.ts';
import { type DeviceKeys, type KeyNews, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openCorrections } from '#bridges/matrix/messages/corrections.ts';
import { openOrigins } from '#bridges/matrix/messages/origins.ts';
import { openReactions } from '#bridges/matrix/messages/reactions.ts';
import { openThreads } from '#bridges/matrix/messages/threads.ts';
import { openUnderway } from '#bridges/matrix/messages/underway.ts';
import type { CloseReason, Credentials, Delivered, Host, Session, SessionKey } from '#src/bridge.ts';
import type { Recent } from '#src/lib/recent.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { wordsIn } from '#src/model/language.ts';
import { ended, openConnection } from './connection.ts';
import { type OwnIncoming, type OwnIncomingParts, openOwnIncoming } from './incoming.ts';
import { type Looks, openLooks } from './looks.ts';
import { openOwnOutgoing } from './outgoing.ts';
import { type OwnRooms, openOwnRooms } from './rooms.ts';
import { dropDevice } from './soft-logout.ts';
import { follow, OUTAGE } from './sync.ts';
import { accountTexts as texts } from './texts.ts';

/** Threads of one account that are remembered without a look into the store. */
const THREADS = 200;
/** Corrections that are remembered of an account. */
const CORRECTIONS = 1_000;

/** Milliseconds for which keys are not exchanged, and not backed up, once that has failed. */
const EXCHANGE = { min: 5_000, max: 60_000 };
const BACKUP = { min: 60_000, max: 3_600_000 };

/** The own account of a user, as long as its session lasts. */
export type OwnAccount = {
  readonly session: Session;
  readonly user: string;
  readonly device: string;
  readonly server: Homeserver;
  readonly rooms: OwnRooms;
  readonly incoming: OwnIncoming;
  readonly keys: DeviceKeys | undefined;
  /** Nothing is done by its login any more. */
  readonly ended: Promise<void>;
  readonly looks: Looks;
  deliver(event: Event): Delivered;
  whereabouts(event: Event): Promise<string | undefined>;
  pause(paused: boolean): void;
};

export type OwnAccountParts = {
  readonly host: Host;
  readonly key: SessionKey;
  readonly credentials: Credentials;
  readonly namedBy: 'operator' | 'account';
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly link: OwnIncomingParts['link'];
  readonly directRooms: number;
  readonly doubts: Recent<string>;
  /** The homeserver knows the account; what it was told meanwhile is not taken in yet. */
  reached(server: Homeserver): void;
  /** The session has ended. */
  over(): void;
};

/** Logs in, and resolves once the first sync is durable. Rejects with a `Failure`, and then nothing is left open. */
export async function openOwnAccount(parts: OwnAccountParts): Promise<OwnAccount> {
  const { host, key, over } = parts;
  const { account } = key;
  const calls = new AbortController();
  const signal = AbortSignal.any([host.signal, calls.signal]);
  const connection = openConnection({ ...parts, host: { ...host, signal } });
  const { user, device } = connection;
  const server: Homeserver = {
    ...connection.server,
    call: (question) => watched(connection.server.call(question)),
    json: (question) => watched(connection.server.json(question)),
  };
  const stop = new AbortController();
  const rooms = openOwnRooms({ host, account, user, server });
  const reactions = openReactions(host, account);
  const threads = openThreads(host, account, THREADS);
  let paused: { readonly promise: Promise<void>; resolve(): void } | undefined;
  let state: 'login' | 'online' | 'closed' = 'login';
  let isAnswered = false;
  const exchanges = openBreaker(host.clock, EXCHANGE);
  const backups = openBreaker(host.clock, BACKUP);
  let backingUp: Promise<void> | undefined;
  /** Another device may have sent the key of the backup. */
  let mayHaveKey = false;

  // Whose token it is: a void one, or that of somebody else, is told as such, before anything else is asked.
  const whoami = { method: 'GET', path: ['v3', 'account', 'whoami'], signal: parts.signal, tries: 1 } as const;
  assertIs(user, (await server.call(whoami)).user_id);
  await dropDevice(host.state, account);
  parts.reached(server);
  const keys = connection.encryption
    ? await openDeviceKeys({ call: server.call, state: host.state, account, user, device, exchanges })
    : undefined;
  const corrections = openCorrections(server, CORRECTIONS);
  const origins = openOrigins(server);
  const underway = openUnderway();
  const looks = openLooks({ host, account, user, server });
  const known = { host, account, user, server, rooms, reactions, threads, corrections, origins, underway, keys, looks };
  const incoming = openOwnIncoming({ ...known, link: parts.link, directRooms: parts.directRooms, stop: stop.signal });
  const outgoing = openOwnOutgoing({
    ...known,
    invitations: incoming,
    device,
    doubts: parts.doubts,
    stop: calls.signal,
    timeout: parts.timeout,
  });
  const online = Promise.withResolvers<void>();
  // It may end before it is waited for.
  online.promise.catch(() => undefined);
  const ended = Promise.withResolvers<void>();
  const since = await host.state.get({ account, key: 'sync' });

  const running = follow({
    ...{ server, clock: host.clock, since, signal: stop.signal },
    waits: () => paused?.promise,
    async take(news) {
      isAnswered = true;
      await incoming.take(news);
      // New one-time keys, and questions for the keys of others.
      if (keys) void exchanging(keys, news.keys).catch(unsent);
      online.resolve();
    },
    async reached(silent) {
      if (state !== 'online') return;
      const place = { kind: 'realm', account, realm: '' } as const;
      const words =
        silent === undefined ? texts.reachedAgain : texts.notReached(new Date(silent).toISOString().slice(11, 16));
      const text = wordsIn(words, host.language(account));
      try {
        await host.emit([{ place, from: { kind: 'network', id: '' }, kind: 'message', text, style: 'notice' }]);
      } catch (err) {
        host.log.warn({ err }, 'a user could not be told of an outage');
      }
    },
  }).catch(lost);

  /** What the library wants sent goes first. Each is left alone for a while where it fails: there is a sync every moment. */
  async function exchanging(own: DeviceKeys, news: KeyNews): Promise<void> {
    await exchanges.run('keys', () => own.flush());
    mayHaveKey ||= news.events.length > 0;
    backingUp ??= backups
      .run('backup', () => backingUpNow(own))
      .finally(() => {
        backingUp = undefined;
      });
    await backingUp;
  }

  async function backingUpNow(own: DeviceKeys): Promise<void> {
    if (mayHaveKey) await takeBackupKey(own);
    mayHaveKey = false;
    await backUp(own);
  }

  /** It is sent with the next sync. */
  function unsent(err: unknown): void {
    if (!stop.signal.aborted) host.log.warn({ err }, 'keys could not be exchanged');
  }

  function unsentNow(err: unknown): void {
    if (!(err instanceof Failure && err.row.retry)) throw err;
    unsent(err);
  }

  /** Whoever hears first that the login has ended says so: nothing else is sent then. */
  async function watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (state === 'online' && error instanceof Failure && error.foreign === 'M_UNKNOWN_TOKEN') lost(error);
      throw error;
    }
  }

  function lost(error: unknown): void {
    if (state === 'closed') return;
    if (!(error instanceof Failure)) host.log.error({ err: error }, 'a sync could not be taken in');
    const failure = error instanceof Failure ? error : new Failure('internal', { cause: error });
    const before = state;
    end();
    calls.abort(failure);
    online.reject(failure);
    if (before !== 'online') return;
    host.status(key, { kind: 'lost', failure });
    void close().catch((err: unknown) => host.log.error({ err }, 'an account could not be closed'));
  }

  function end(): void {
    if (state === 'closed') return;
    state = 'closed';
    stop.abort();
    paused?.resolve();
    over();
  }

  /** What a user who goes has said before goes as well; a gateway that stops waits for nothing. */
  async function close(reason?: CloseReason): Promise<void> {
    end();
    if (reason !== 'left') calls.abort();
    await running;
    await outgoing.idle();
    calls.abort();
    await keys?.close();
    ended.resolve();
  }

  const giveUp = (): void => online.reject(new Failure('recipient-unavailable'));
  // Whoever waits for the account hears of it, and it is tried again later.
  const cancel = host.clock.after(OUTAGE, () => {
    if (!isAnswered) online.reject(new Failure('remote-server-timeout'));
  });
  parts.signal.addEventListener('abort', giveUp, { once: true });
  if (parts.signal.aborted) giveUp();
  try {
    // What the homeserver cannot take now is sent with a later sync.
    if (keys) await exchanges.run('keys', () => keys.flush()).catch(unsentNow);
    await online.promise;
  } catch (error) {
    await close();
    throw error;
  } finally {
    cancel();
    parts.signal.removeEventListener('abort', giveUp);
  }
  state = 'online';
  host.status(key, { kind: 'online', nick: user });

  return {
    session: { account, realm: key.realm, close },
    ...{ user, device, server, rooms, incoming, keys, looks, ended: ended.promise },
    deliver(event) {
      if (state !== 'online') throw new Failure('recipient-unavailable');
      return outgoing.deliver(event);
    },
    whereabouts: outgoing.whereabouts,
    pause(now) {
      if (!now) {
        paused?.resolve();
        paused = undefined;
      } else paused ??= Promise.withResolvers<void>();
    },
  };
}

/** Throws the `Failure` of a login that has ended for a token of somebody else: nobody speaks, or is heard, as another. */
function assertIs(user: string, told: unknown): void {
  if (typeof told !== 'string') throw new Failure('remote-server-timeout');
  if (told !== user) throw ended(undefined);
}
