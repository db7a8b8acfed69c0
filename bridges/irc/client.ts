import type { Socket } from 'node:net';
import type { Delivered, SessionKey } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import { openAsks } from './asks.ts';
import { isCopy, late } from './copies.ts';
import { realmNotice } from './drafts.ts';
import { encode, line as makeLine, quit } from './encode.ts';
import { openErrands } from './errands.ts';
import type { Legacy, Peer } from './feed.ts';
import { defaultIsupport } from './isupport.ts';
import { openModeLearning } from './learn-modes.ts';
import { type Link, openLink } from './link.ts';
import { type LoginEffect, startLogin, stepLogin } from './login.ts';
import { foldName, userName } from './names.ts';
import { openNetsplits } from './netsplit.ts';
import { farewell } from './numerics.ts';
import type { Client, Where } from './parts.ts';
import { openPending } from './pending.ts';
import { fedRoom, oursIn } from './realm.ts';
import { disown, type Room, type Rooms, snapshot } from './roster.ts';
import { openRoundTrips } from './roundtrips.ts';
import { openSasl, type ServicesAccount } from './sasl.ts';
import { barrierLine, emit, type OwnView, openTalk } from './talk.ts';
import { beginLogin, type Login } from './transport.ts';
import type { Line } from './view.ts';

/** Milliseconds after which messages whose echo has not come are proven by a PING. */
const ECHO_PATIENCE = 5_000;

const WRITTEN: Delivered = { ids: [], state: 'written' };

/** Logs in over an open socket, which is owned here from now on. Rejects with a `Failure`. */
export function openClient(
  where: Where,
  key: SessionKey,
  wish: { socket: Socket; nick: string | undefined; account: ServicesAccount | undefined; signal: AbortSignal },
): Promise<Client> {
  const { host, realm, server } = where;
  const { clock } = host;
  const { account } = key;
  const online = Promise.withResolvers<Client>();
  const rooms: Rooms = new Map();
  const pending = openPending({
    settle: (id, outcome) => host.settle(id, outcome),
    send: (line, sent) => writer.send(line, sent),
  });
  const trips = openRoundTrips(clock);
  const peer: Peer = { account, sees: (channel, other) => rooms.get(channel)?.own.has(other) ?? false };
  let state = startLogin(wish.nick);
  let phase: 'login' | 'online' | 'closing' | 'closed' = 'login';
  let reason: Failure | undefined;
  let patience: (() => void) | undefined;

  const view: OwnView = {
    transport: host.transport,
    account,
    realm: key.realm,
    addresses: where.addresses,
    nick: state.nick,
    mask: undefined,
    isupport: defaultIsupport,
    caps: new Set(),
    ours: (folded) => realm.nicks.get(folded),
    room: (folded) => rooms.get(folded),
    spelled: (name) => errands.spelled(name),
    knows: (folded) => errands.knows(folded),
    feeds: (channel) => !realm.feed.behind(channel, peer) && realm.feed.feeds(channel, peer),
  };

  const link: Link = openLink({
    socket: wish.socket,
    clock,
    log: host.log,
    throttle: server.throttle,
    charset: server.charset,
    barrier,
    skip: (text) => phase !== 'login' && isCopy(text, { feed: realm.feed, peer, rooms, view }),
    onLine: (line) => take(line),
    onClosed: closed,
  });
  const { writer } = link;
  const asks = openAsks(clock, writer.send);
  const errands = openErrands({ host, view, pending, writer });
  const splits = openNetsplits({ view, clock, tell: (drafts) => emit(host, drafts) });
  const learning = openModeLearning({
    rooms,
    writer,
    feeds: (channel) => realm.feed.feeds(channel, peer),
    fed: (channel) => fedRoom(realm, channel),
  });
  const talk = openTalk({ host, realm, peer, view, rooms, pending, trips, asks, splits, writer, learning, renamed });
  const sasl =
    wish.account &&
    openSasl(wish.account, { host: server.host ?? key.realm, write: writer.urgent, refused: (why) => link.fail(why) });
  // The library's client is large: it goes once we are in.
  let login: Login | undefined = beginLogin(
    { nick: state.nick, username: userName(splitAccount(account).user), realname: where.realname },
    writer.urgent,
    sasl,
  );
  const giveUp = () =>
    link.fail(new Failure('recipient-unavailable', { text: 'The attempt to connect was given up.' }));
  wish.signal.addEventListener('abort', giveUp);
  const cancelTimeout = clock.after(where.timeout, () =>
    link.fail(new Failure('remote-server-timeout', { text: 'The server did not finish the login in time.' })),
  );
  if (wish.signal.aborted) giveUp();

  function take(line: Line): void {
    if (line.command === 'ERROR' && phase !== 'closing')
      reason ??= farewell(where.server.host ?? key.realm, line.params.at(-1) ?? '');
    if (phase === 'login') loggingIn(line);
    else if (line.command !== 'ERROR' && !errands.take(line)) talk(line);
  }

  function loggingIn(line: Line): void {
    if (login?.take(line)) return;
    const [next, effect] = stepLogin(state, line, where.server.host ?? key.realm);
    state = next;
    if (line.command === '001') renamed(state.nick);
    // A server without capabilities does not know the command, or wants NICK first.
    const aside = ['ERROR', 'CAP', '421', '451'].includes(line.command) || effect?.kind === 'nick';
    if (!aside) talk(line);
    if (effect) act(effect);
  }

  function act(effect: LoginEffect): void {
    if (effect.kind === 'nick') {
      view.nick = effect.nick;
      writer.urgent(makeLine('NICK', [effect.nick]));
    } else if (effect.kind === 'failed') link.fail(effect.failure);
    else ready();
  }

  function ready(): void {
    view.caps = login?.capabilities() ?? view.caps;
    endLogin();
    phase = 'online';
    realm.clients.set(account, client);
    const secret = server.tls ? 'encrypted' : 'not encrypted';
    emit(host, realmNotice(view, `Connected to ${view.isupport.network ?? key.realm} (${secret}).`));
    errands.begin(state.wanted);
    tellOnline();
    online.resolve(client);
  }

  function endLogin(): void {
    cancelTimeout();
    wish.signal.removeEventListener('abort', giveUp);
    login?.close();
    login = undefined;
  }

  function renamed(nick: string): void {
    if (realm.nicks.get(foldName(view.nick)) === account) realm.nicks.delete(foldName(view.nick));
    view.nick = nick;
    realm.nicks.set(foldName(nick), account);
    if (phase === 'online') tellOnline();
  }

  function tellOnline(): void {
    const { wanted } = errands;
    host.status(key, { kind: 'online', nick: view.nick, ...(wanted !== view.nick && { wanted }) });
  }

  // RELIABILITY: echo-message proves that the server took a line, else a PING after it that comes back.
  function barrier(): string | undefined {
    const echo = view.caps.has('echo-message');
    if (pending.unproven(echo)) return barrierLine(pending.last);
    if (echo && pending.unproven(false)) {
      patience ??= clock.after(ECHO_PATIENCE, () => {
        patience = undefined;
        if (pending.unproven(false)) writer.urgent(barrierLine(pending.last));
      });
    }
    return undefined;
  }

  function closed(ours: Failure | undefined): void {
    const before = phase;
    phase = 'closed';
    patience?.();
    endLogin();
    const failure =
      ours ??
      reason ??
      new Failure('recipient-unavailable', { text: `${where.server.host ?? key.realm} closed the connection.` });
    if (realm.nicks.get(foldName(view.nick)) === account) realm.nicks.delete(foldName(view.nick));
    if (realm.clients.get(account) === client) realm.clients.delete(account);
    splits.stop();
    const legacies = realm.feed.lost(peer);
    for (const other of realm.clients.values()) other.disown(account);
    const heirs = Map.groupBy(legacies, ({ channel }) => realm.feed.members(channel)[0]?.account);
    for (const [heir, all] of heirs) if (heir !== undefined) realm.clients.get(heir)?.inherit(all);
    trips.fail(failure);
    asks.fail(failure);
    errands.stop(failure);
    pending.fail(
      (certain) =>
        new Failure(before === 'closing' ? failure.code : 'recipient-unavailable', { text: failure.message, certain }),
    );
    if (before === 'login') online.reject(failure);
    if (before !== 'online') return;
    emit(host, realmNotice(view, `Connection lost: ${failure.message}`));
    host.status(key, { kind: 'lost', failure });
  }

  // What the lost one had not told is told now; the list tells the difference for all else, once both have read the same.
  function inherit(legacies: readonly Legacy[]): void {
    for (const legacy of legacies) emit(host, late(realm.feed.inherit(legacy, peer), view));
    const channels = legacies.map(({ channel }) => channel);
    const behind = channels.filter((channel) => realm.feed.behind(channel, peer));
    for (const channel of channels) if (!behind.includes(channel)) list(channel);
    if (behind.length === 0) return;
    const listAll = () => behind.forEach(list);
    // The server answers behind everything that it has sent before.
    trips.start((token) => writer.urgent(makeLine('PING', [], token))).then(listAll, listAll);
  }

  function list(channel: string): void {
    const room = rooms.get(channel);
    realm.feed.caughtUp(channel, peer);
    if (room && realm.feed.feeds(channel, peer)) emit(host, snapshot(room, view, oursIn(realm, channel)));
    learning.check(channel);
  }

  function deliver(event: Event): Delivered {
    if (phase !== 'online') throw new Failure('recipient-unavailable');
    const done = errands.deliver(event);
    if (done) return done;
    const wire = encode(event, view);
    if (wire.kind === 'raw' && wire.target === 'QUIT') reason = new Failure('not-allowed', { text: 'You have quit.' });
    const written = pending.add(event.id, wire);
    const room = wire.kind === 'join' ? rooms.get(wire.target) : undefined;
    if (room?.joined) {
      // A server says nothing to a second JOIN.
      written();
      queueMicrotask(() => again(room, wire.target));
      return WRITTEN;
    }
    try {
      writer.send(wire.line, written);
    } catch (error) {
      pending.drop(event.id);
      throw error;
    }
    return WRITTEN;
  }

  function again(room: Room, target: string): void {
    if (pending.has('join', target)) emit(host, snapshot(fedRoom(realm, target) ?? room, view, oursIn(realm, target)));
    pending.done('join', target);
  }

  const client: Client = {
    session: { account, realm: key.realm, close: (why) => client.close(why, new Failure('recipient-unavailable')) },
    view,
    deliver,
    ping: () => trips.start((token) => writer.urgent(makeLine('PING', [], token))),
    ask(query) {
      return phase === 'online' ? errands.ask(query) : Promise.reject(new Failure('recipient-unavailable'));
    },
    room: (folded) => rooms.get(folded),
    asks,
    pause: link.pause,
    inherit,
    disown: (other) => disown(rooms, other),
    close(why, failure) {
      if (phase === 'online') {
        phase = 'closing';
        reason = failure;
        realm.clients.delete(account);
      }
      const end = link.end(quit(why)).finally(() => realm.leaving.delete(account));
      realm.leaving.set(account, end);
      return end;
    },
  };
  return online.promise;
}
