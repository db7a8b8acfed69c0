import { addresses } from '#bridges/matrix/addresses.ts';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { openHomeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openMedia } from '#bridges/matrix/media/media.ts';
import { openCorrections } from '#bridges/matrix/messages/corrections.ts';
import { findSent } from '#bridges/matrix/messages/marks.ts';
import { openOrigins } from '#bridges/matrix/messages/origins.ts';
import { openReactions } from '#bridges/matrix/messages/reactions.ts';
import { openThreads } from '#bridges/matrix/messages/threads.ts';
import { openUnderway } from '#bridges/matrix/messages/underway.ts';
import { openInvitations } from '#bridges/matrix/rooms/invitations.ts';
import { leaveRoom } from '#bridges/matrix/rooms/membership.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { ghostId, localOf, nameOf } from '#bridges/matrix/wire/ids.ts';
import type { Bridge, Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { openAsks } from './asks.ts';
import { openBot } from './bot.ts';
import { openConsent } from './consent.ts';
import { openDirectRooms } from './direct-rooms.ts';
import { openDirects } from './directs.ts';
import { entersDirect } from './enters-direct.ts';
import { openGatewayRooms } from './gateway-rooms.ts';
import { openGhosts, registerUser } from './ghosts.ts';
import { greet, introduce, reasonOf } from './greeting.ts';
import { openIncoming } from './incoming.ts';
import { openModeration } from './moderation.ts';
import { openOutage } from './outage.ts';
import { openOutgoing } from './outgoing.ts';
import { openPolicies } from './policies.ts';
import { registered } from './registered.ts';
import { serveTransactions } from './transactions.ts';

/** Milliseconds after which ghosts are taken out of rooms that nobody has come back to, and between that and another time. */
const CLEAN = 180_000;
const AGAIN = 3_600_000;
/** Milliseconds until a homeserver is asked again that is away, or does not know us. */
const AWAY = 5_000;
const UNKNOWN = 60_000;
/** How many messages of the past a room begins with. */
const PAST = 50;

/** What a transport does in the name of users who have no account of their own: as an application service, by ghosts. */
export async function openAppservice(config: MatrixConfig, host: Host): Promise<Omit<Bridge, 'connect'>> {
  const { homeserver, appservice } = config;
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const outage = openOutage({ ...host, signal });
  const reached = openHomeserver({
    host: { ...host, signal },
    url: homeserver.url,
    namedBy: 'operator',
    timeout: homeserver.timeout,
    token: () => appservice.as_token.open(),
  });
  const server = registered(outage.watch(reached), () => host.alarm('appservice', texts.notRegistered));
  const ghosts = await openGhosts({ host, config, server });
  const directs = await openDirects(host);
  const directRooms = openDirectRooms({ host, server, ghosts, directs });
  const reactions = openReactions(host);
  const threads = openThreads(host);
  const corrections = openCorrections(server);
  const origins = openOrigins(server);
  const underway = openUnderway();
  const policies = openPolicies({ host: { ...host, signal: stop.signal }, config, server, bot: ghosts.bot });
  const consents = await openConsent({ host, config, server, bot: ghosts.bot });
  const rooms = openGatewayRooms({ host, server, ghosts, policies, consents, timeout: homeserver.timeout });
  const watchers = new Map<string, Set<AccountKey>>();
  const bot = await openBot({ host, config, server, ghosts, rooms, consents });
  const invitations = await openInvitations({
    host,
    stop: stop.signal,
    enter: entersDirect({ server, ghosts, directs, most: config.direct_rooms }),
  });
  const known = {
    host,
    server,
    ghosts,
    rooms,
    directs,
    directRooms,
    reactions,
    threads,
    corrections,
    origins,
    underway,
    policies,
    consents,
    watchers,
  };
  const incoming = openIncoming({ ...known, config, bot, invitations });
  const asks = openAsks({ host, server, ghosts, rooms, directs, past: incoming.past });
  const moderation = openModeration({ host, server, ghosts, rooms });
  let paused = false;
  let closed = false;

  /** What was said in a room before, as far as the homeserver shows it to an account. Never rejects. */
  async function past(account: AccountKey, id: string): Promise<readonly Draft[]> {
    try {
      return (await asks.history(id, account, { max: PAST })).events;
    } catch (err) {
      if (!(err instanceof Failure)) host.log.error({ err }, 'the history of a room could not be read');
      return [];
    }
  }

  const outgoing = openOutgoing({
    ...known,
    ...{ outage, invitations },
    timeout: homeserver.timeout,
    moderation,
    tellName: incoming.tellName,
    stop: stop.signal,
    past,
  });

  serveTransactions({
    host,
    config,
    take: incoming.take,
    ephemeral: incoming.ephemeral,
    ghostOf: (bare) => ghostId(bare, appservice.prefix, homeserver.name),
    bareOf(user) {
      const account = ghosts.accountOf(user);
      return account && splitAccount(account).user;
    },
    paused: () => paused || closed || !policies.isReady(),
    async user(id) {
      const account = ghosts.accountOf(id);
      if (account === undefined) return id === ghosts.bot;
      const admission = await host.admits({ account, contact: localOf(ghosts.bot) });
      if (admission === 'nobody' || admission === 'not-permitted') return false;
      await ghosts.ready(account);
      return true;
    },
  });

  /** Sees to the gateway's own user, however long that takes. Never rejects. */
  async function begin(): Promise<void> {
    const parts = { host, server, bot: ghosts.bot, url: homeserver.url };
    try {
      await introduce(parts);
      await registerUser(server, nameOf(ghosts.bot));
    } catch (err) {
      if (closed) return;
      const isRefusal = err instanceof Failure && !err.row.retry;
      const what = isRefusal ? 'the homeserver does not let this gateway in' : 'the homeserver does not answer';
      host.log.warn({ homeserver: homeserver.url, ...reasonOf(err) }, what);
      host.clock.after(isRefusal ? UNKNOWN : AWAY, () => void begin());
      return;
    }
    policies.begin();
    void greet(parts);
    // How it looks is worth a word in the log, and holds up nothing.
    await bot
      .look()
      .catch((err: unknown) => host.log.info({ err }, "the gateway's own user could not be given a profile"));
  }
  void begin();
  const clean = (): void => {
    void rooms.clean();
    cancel = host.clock.after(AGAIN, clean);
  };
  let cancel = host.clock.after(CLEAN, clean);

  return {
    deliver(event) {
      if (closed) throw new Failure('stopping');
      return outgoing.deliver(event);
    },
    ask: (query, session) => asks.ask(query, session?.account),
    async reconcile(event) {
      const to = await outgoing.whereabouts(event);
      if (!to) return 'not-sent';
      const begin = `${event.id}.`;
      const sent = await findSent(server, to, (one) => one.startsWith(begin));
      return sent === undefined ? 'not-sent' : 'sent';
    },
    refuses: (id) => ghosts.refusal(addresses.parse(id).name),
    openFile: (reference) => openMedia(server, reference),
    async forget(account) {
      for (const id of rooms.roomsOf(account)) await rooms.leave(account, id);
      for (const { room } of directs.of(account)) {
        await leaveRoom(server, ghosts.idOf(account), room);
        await directs.remove(room);
      }
      await ghosts.forget(account);
    },
    pause(now) {
      paused = now;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      cancel();
      outage[Symbol.dispose]();
      stop.abort();
      await outgoing.idle();
      await invitations.idle();
    },
  };
}
