import type { Bridge, Delivered, Host, Session, SessionKey, Wish } from '#src/bridge.ts';
import { openAttempt } from '#src/lib/time/attempt.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { addresses as addressesOf } from './addresses.ts';
import { traitsOf } from './channels/channel-modes.ts';
import { entryOf, type IrcConfig } from './config.ts';
import { called, dial } from './connection/dial.ts';
import { watchIdle } from './connection/idle.ts';
import { type IrcConnection, openConnection } from './connection/irc-connection.ts';
import type { ConnectionSetup } from './connection/realm.ts';
import { openRealms, type Realm } from './connection/realm.ts';
import { openIdentd } from './connection/registration/identd.ts';
import { accountFor, identityOf } from './connection/registration/identity.ts';
import { openKeptOut } from './connection/registration/kept-out.ts';
import { provenLogin } from './connection/registration/proven-logins.ts';
import { webIrcLine } from './connection/registration/webirc.ts';
import { motdKey, nickKey } from './connection/remembered.ts';
import { IrcSession } from './connection/session.ts';
import { openTransportSecurity, Upgrade } from './connection/transport-security.ts';
import { openNarrowing } from './narrow.ts';
import { tellRealName } from './people/own-name.ts';
import { resolve } from './questions/resolve.ts';
import { type Server, type ServerAddress, serverFor } from './servers.ts';
import { channelEncodings, realmSettings } from './settings.ts';
import { IDLE_QUIT, STOPPING_QUIT, texts } from './texts.ts';
import { realmNotice } from './wire/drafts.ts';
import { emit } from './wire/emit.ts';
import { target } from './wire/line.ts';

/** Milliseconds in which a connection that was made is no news when it is made again. */
const ONCE = 3_600_000;
/** What the server, people on it or its channels are asked. */
const ASKED: ReadonlySet<Query['kind']> = new Set([
  ...['ping', 'version', 'profile', 'rooms', 'config', 'list', 'session', 'history'],
] as const);

const reasonOf = (error: unknown): Words => (error instanceof Failure ? error.words : texts.broke);

/** Opens an IRC transport. Nothing is connected until somebody asks for it. */
export async function openBridge(settings: IrcConfig, host: Host): Promise<Bridge> {
  const identd = settings.identd && (await openIdentd(host, settings.identd.listen));
  const addresses = addressesOf(settings.fixed_server);
  const realms = openRealms();
  const attempts = new Map<string, Promise<Session>>();
  const stop = new AbortController();
  const security = openTransportSecurity(host);
  const keptOut = openKeptOut(host.clock);
  let paused = false;

  const realmOf = realms.of;

  const online = (): IrcConnection[] => realms.all().flatMap((realm) => [...realm.clients.values()]);

  const idle = watchIdle({
    ...{ clock: host.clock, limit: settings.idle_time, online },
    end(client) {
      const { account, realm } = client.session;
      const failure = new Failure('not-allowed', { text: texts.idle });
      void client.close(IDLE_QUIT, failure);
      say({ account, realm }, texts.lost(failure.words));
      host.status({ account, realm }, { kind: 'lost', failure });
    },
  });

  /** What went well lately and has not failed since is told once: clients that come and go join again each time. */
  function isKnown({ account, realm }: SessionKey): boolean {
    const { made, cutOff } = realmOf(realm);
    const at = made.get(account);
    return at !== undefined && host.clock.now() - at < ONCE && !cutOff.has(account);
  }

  const setupOf = async (
    key: SessionKey,
    server: Server,
    { unasked, quiet }: Pick<ConnectionSetup, 'unasked' | 'quiet'>,
  ): Promise<Omit<ConnectionSetup, 'called' | 'address'>> => ({
    host,
    security,
    addresses,
    realm: realmOf(key.realm),
    server,
    contact: settings.contact,
    timeout: settings.connect_timeout,
    silence: settings.ping_time,
    splitTime: settings.netsplit_time,
    queued: settings.queued_lines,
    unasked,
    quiet,
    motd: await host.state.get(motdKey(key)),
    nick: await host.state.get(nickKey(key)),
  });

  async function open(key: SessionKey, wish: Wish, given: AbortSignal): Promise<Session> {
    const { unasked = false } = wish;
    const { realm: own } = await host.settings({ kind: 'realm', account: key.account, realm: key.realm }, key.account);
    const set = realmSettings(own);
    const server = serverFor(settings, key.realm, set);
    if (!server) throw new Failure('not-allowed', { text: texts.notListed(key.realm) });
    using attempt = openAttempt([given, host.signal, stop.signal]);
    const { signal } = attempt;
    const { logins, leaving } = realmOf(key.realm);
    const account = await accountFor(wish.credentials, set, server);
    const login = account && provenLogin(host, key, logins, account);
    const quiet = unasked || isKnown(key);
    const comer = { account, identity: identityOf(key, set, { config: settings, nick: undefined }) };
    try {
      if (!unasked) keptOut.check(key, comer);
      await leaving.get(key.account);
      const setup = await setupOf(key, server, { unasked, quiet });
      const identity = {
        ...identityOf(key, set, { config: settings, nick: (unasked && setup.nick) || wish.nick }),
        webirc: server.webirc && webIrcLine(server.webirc, key),
      };
      const dialling = {
        ...{ host, security, timeout: settings.connect_timeout, localAddress: settings.outgoing_address },
        secret: account !== undefined || set.pass !== undefined || server.webirc !== undefined,
        certificate: account?.certificate,
        trying: (at: ServerAddress) => quiet || say(key, texts.connecting(called(key, at, server), at.tls)),
        failed: (why: Words) => quiet || say(key, texts.failed(why)),
      };
      const over = async (addresses: Server['addresses']): Promise<IrcConnection> => {
        const { socket, address } = await dial(key, { ...dialling, server: { ...server, addresses } }, signal);
        identd?.add(socket, identity.username);
        return openConnection({ ...setup, called: called(key, address, server), address }, key, {
          ...{ socket, account, signal, identity },
          commands: set.after_connect_commands,
        }).catch((error: unknown) => {
          if (!(error instanceof Upgrade) || address.tls) throw error;
          return over([{ host: address.host, port: error.port, tls: true }]);
        });
      };
      const client = await over(server.addresses);
      login?.worked();
      keptOut.admitted(key);
      idle.heard(client.session);
      if (paused) client.pause(true);
      return client.session;
    } catch (error) {
      const failure = login ? await login.judge(error) : error;
      keptOut.failed(key, comer, failure);
      tellFailed(key, reasonOf(failure), unasked);
      throw failure;
    }
  }

  /** Of attempts that nobody waits for, a new reason is news. */
  function tellFailed(key: SessionKey, why: Words, unasked: boolean): void {
    const reason = wordsIn(why, 'en');
    const { cutOff } = realmOf(key.realm);
    if (!unasked || cutOff.get(key.account) !== reason) say(key, texts.failed(why));
    cutOff.set(key.account, reason);
  }

  const say = (key: SessionKey, words: Words) => emit(host, realmNotice(key, words, host.language(key.account)));

  function begin(id: string, make: () => Promise<Session>, realm: Realm, signal: AbortSignal): Promise<Session> {
    realm.coming++;
    const forget = (): unknown => attempts.get(id) === attempt && attempts.delete(id);
    const attempt = make().finally(() => {
      realm.coming--;
      forget();
    });
    attempts.set(id, attempt);
    // Who asks anew has nothing of what was given up.
    signal.addEventListener('abort', forget, { once: true });
    return attempt;
  }

  function connect(key: SessionKey, wish: Wish, signal: AbortSignal): Promise<Session> {
    const id = `${key.account} ${key.realm.toLowerCase()}`;
    if (stop.signal.aborted) return Promise.reject(new Failure('stopping'));
    const known = realms.known(key.realm)?.clients.get(key.account);
    if (known) return Promise.resolve(known.session);
    return attempts.get(id) ?? begin(id, () => open(key, wish, signal), realmOf(key.realm), signal);
  }

  function clientOf(session: Session | undefined): IrcConnection {
    const client = IrcSession.connectionOf(session);
    if (!client) throw new Failure('recipient-unavailable');
    return client;
  }

  /** The folded name of a channel by its address. */
  const nameAt = (id: string, { view }: IrcConnection): string => view.fold(view.spelled(addresses.parse(id).name));

  /** A connection that is in the channel of a place, one that knows its modes if there is any. */
  function inRoom(place: Place): { client: IrcConnection; channel: string } {
    if (place.kind !== 'shared') throw new Failure('not-supported');
    const address = addresses.parse(place.id);
    let found: { client: IrcConnection; channel: string } | undefined;
    for (const client of realms.known(address.realm)?.clients.values() ?? []) {
      const channel = nameAt(place.id, client);
      if (!client.view.room(channel)?.joined) continue;
      if (client.view.room(channel)?.modes.complete) return { client, channel };
      found ??= { client, channel };
    }
    if (found) return found;
    throw new Failure('not-joined');
  }

  function room(place: Place): Reply {
    const { client, channel } = inRoom(place);
    const state = client.view.room(channel);
    return {
      kind: 'room',
      name: state?.name ?? channel,
      topic: state?.topic ?? '',
      occupants: state?.members.size ?? 0,
      traits: state ? traitsOf(state.modes) : [],
      ...(state?.modes.complete && { subjectByAll: !state.modes.set.has('t') }),
    };
  }

  const keeps = (place: Place): boolean =>
    place.kind === 'shared' && realms.known(addresses.parse(place.id).realm)?.keepsPast === true;

  async function answer(query: Query, session: Session | undefined): Promise<Reply> {
    if (query.kind === 'room') return room(query.place);
    if (query.kind === 'resolve') {
      const known = settings.fixed_server === null ? Object.keys(settings.servers) : [settings.fixed_server];
      return { kind: 'resolve', id: resolve(query.text, { addresses, realms: known }) };
    }
    if (!ASKED.has(query.kind)) throw new Failure('not-supported');
    // Whether a server keeps what was said is known from the last connection.
    if (query.kind === 'history' && !keeps(query.place)) throw new Failure('not-supported');
    if (!session) throw new Failure('recipient-unavailable', { text: texts.notConnected });
    return clientOf(session).ask(query);
  }

  /** Learns the character sets that are set for a channel. */
  async function learnEncodings(place: Place, { view, encodings }: IrcConnection): Promise<void> {
    try {
      const { room: set } = await host.settings(place, view.account);
      encodings.set(target(place, view, 'room'), channelEncodings(set));
    } catch (err) {
      host.log.error({ err }, 'the settings of a channel could not be read');
    }
  }

  /** Learns the real name that its user has set. */
  async function learnRealName(key: SessionKey): Promise<void> {
    const client = realms.known(key.realm)?.clients.get(key.account);
    if (!client) return;
    try {
      const own = await host.settings({ kind: 'realm', account: key.account, realm: key.realm }, key.account);
      const { realname } = identityOf(key, realmSettings(own.realm), { config: settings, nick: undefined });
      tellRealName(realname, client);
    } catch (err) {
      host.log.error({ err }, 'the settings of a server could not be read');
    }
  }

  const narrowing = openNarrowing();

  function narrow(place: Place, session?: Session): Capabilities {
    if (place.kind === 'realm') return narrowing.toServer;
    const client = IrcSession.connectionOf(session);
    if (!client) return narrowing.unconnected;
    const { view } = client;
    const room = place.kind === 'shared' ? view.room(nameAt(place.id, client)) : undefined;
    return narrowing.to(place, { view, room, to: room?.name ?? target(place, view) });
  }

  return {
    connect,
    connectPace(realm) {
      const gap = entryOf(settings, realm)?.entry.connect_pace;
      return {
        ...(gap !== undefined && { gap }),
        waits: (account, ms, throttled) =>
          say({ account, realm }, (throttled ? texts.throttled : texts.waits)(realm, ms)),
      };
    },
    deliver(event, session): Delivered {
      const client = clientOf(session);
      idle.heard(client.session, event);
      if (event.kind === 'occupant' && event.change === 'join') void learnEncodings(event.place, client);
      return client.deliver(event);
    },
    async ask<Q extends Query>(query: Q, session?: Session) {
      return (await answer(query, session)) as ReplyTo<Q>;
    },
    withdraw: (id) => online().some(({ pending }) => pending.withdraw(id)),
    narrow,
    changed(account, place) {
      if (place?.kind === 'realm') return learnRealName(place);
      if (place?.kind !== 'shared') return;
      const { realm } = addresses.parse(place.id);
      const client = realms.known(realm)?.clients.get(account);
      return client && learnEncodings(place, client);
    },
    pause(now) {
      paused = now;
      for (const client of online()) client.pause(now);
    },
    async [Symbol.asyncDispose]() {
      const stopping = new Failure('stopping');
      stop.abort();
      idle.stop();
      const leaving = realms.all().flatMap((realm) => [...realm.leaving.values()]);
      await Promise.all([
        identd?.close(),
        ...leaving,
        ...online().map((client) => client.close(STOPPING_QUIT, stopping)),
      ]);
    },
  };
}
