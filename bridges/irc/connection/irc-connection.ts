import type { Socket } from 'node:net';
import { type Channel, type Channels, disown, snapshot } from '#bridges/irc/channels/channel.ts';
import { learnModes } from '#bridges/irc/channels/learn-modes.ts';
import { Netsplits } from '#bridges/irc/channels/netsplit.ts';
import type { Takeover } from '#bridges/irc/channels/primary.ts';
import { Asks } from '#bridges/irc/questions/asks.ts';
import { Pending } from '#bridges/irc/questions/pending.ts';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { isDuplicate, late } from '#bridges/irc/wire/duplicates.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { encode, line as makeLine, quit } from '#bridges/irc/wire/encode.ts';
import { singly } from '#bridges/irc/wire/lists.ts';
import { farewell } from '#bridges/irc/wire/numerics.ts';
import type { Delivered, Session, SessionKey } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Query, Reply } from '#src/model/query.ts';
import { ConnectionState, capabilities } from './connection-state.ts';
import { Errands } from './errands.ts';
import { LineSocket, type LineSocketOwner } from './line-socket.ts';
import { oursIn, primaryChannel } from './realm.ts';
import { ConnectionRegistration, type Wanted } from './registration.ts';
import { RoundTrips } from './roundtrips.ts';
import type { Line } from './server-view.ts';
import { type Client, type ConnectionSetup, nameOf, sessionOf } from './shared.ts';
import { barrierLine, Talk } from './talk.ts';

/** Milliseconds after which messages whose echo has not come are proven by a PING. */
const ECHO_PATIENCE = 5_000;

const WRITTEN: Delivered = { ids: [], state: 'written' };

/** Logs in over an open socket, which is owned here from now on. Rejects with a `Failure`. */
export function openClient(
  where: ConnectionSetup,
  key: SessionKey,
  wish: Wanted & { socket: Socket },
): Promise<Client> {
  return new Promise((resolve, reject) => new Connection({ where, key, resolve, reject }, wish));
}

type Opening = {
  readonly where: ConnectionSetup;
  readonly key: SessionKey;
  readonly resolve: (client: Client) => void;
  readonly reject: (failure: Failure) => void;
};

// A class, and its parts are classes: there is one for each user and server, and closures would be most of what it takes.
class Connection implements Client, LineSocketOwner {
  readonly session: Session;
  readonly view: ConnectionState;
  readonly asks: Asks;
  readonly #where: ConnectionSetup;
  readonly #key: SessionKey;
  readonly #rooms: Channels = new Map();
  readonly #link: LineSocket;
  readonly #pending: Pending;
  readonly #trips: RoundTrips;
  readonly #errands: Errands;
  readonly #splits: Netsplits;
  readonly #talk: Talk;
  /** As long as it is not logged in. */
  #entry: { readonly registration: ConnectionRegistration; readonly reject: (failure: Failure) => void } | undefined;
  #phase: 'login' | 'online' | 'closing' | 'closed' = 'login';
  #reason: Failure | undefined;
  #patience: (() => void) | undefined;

  constructor({ where, key, resolve, reject }: Opening, wish: Wanted & { socket: Socket }) {
    const { host, realm, server } = where;
    const { clock, log } = host;
    const rooms = this.#rooms;
    this.#where = where;
    this.#key = key;
    this.session = sessionOf(this, key);
    const view = new ConnectionState(where, key, rooms);
    const { throttle, charset } = server;
    this.#link = new LineSocket({ socket: wish.socket, clock, log, throttle, charset, owner: this });
    const { writer } = this.#link;
    this.view = view;
    this.#pending = new Pending({
      host,
      writer,
      fold: (name) => view.fold(name),
      overdue: (channel) => this.#talk.overdue(channel),
    });
    this.#trips = new RoundTrips(clock);
    this.asks = new Asks(clock, writer, (name) => view.fold(name));
    this.#errands = new Errands({ host, view, pending: this.#pending, writer });
    view.people = this.#errands;
    this.#splits = new Netsplits(host, view);
    this.#talk = new Talk({
      ...{ host, realm, view, rooms, pending: this.#pending, trips: this.#trips, asks: this.asks },
      ...{ splits: this.#splits, writer, renamed: (nick) => this.#renamed(nick) },
    });
    const done = (wanted: string) => {
      this.#ready(wanted);
      resolve(this);
    };
    const registration = new ConnectionRegistration(
      { where, key, view, link: this.#link, tell: (line) => this.#talk.take(line), done },
      wish,
    );
    this.#entry = { registration, reject };
  }

  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered {
    if (this.#phase !== 'online') throw new Failure('recipient-unavailable');
    const done = this.#errands.deliver(event);
    if (done) return done;
    const wire = encode(event, this.view);
    if (wire.kind === 'raw' && wire.target === 'QUIT')
      this.#reason = new Failure('not-allowed', { text: 'You have quit.' });
    const written = this.#pending.add(event.id, wire);
    // Whoever is just leaving is in the channel only until the server has read it.
    const enters = wire.kind === 'join' && !this.#pending.has('leave', wire.target);
    const room = enters ? this.#rooms.get(wire.target) : undefined;
    if (room?.joined) {
      // A server says nothing to a second JOIN.
      written();
      queueMicrotask(() => this.#again(room, wire.target));
      return WRITTEN;
    }
    try {
      this.#link.writer.send(wire.line, written);
    } catch (error) {
      this.#pending.drop(event.id);
      throw error;
    }
    return WRITTEN;
  }

  ping(): Promise<number> {
    return this.#trips.start((token) => this.#link.writer.urgent(makeLine('PING', [], token)));
  }

  ask(query: Query): Promise<Reply> {
    return this.#phase === 'online' ? this.#errands.ask(query) : Promise.reject(new Failure('recipient-unavailable'));
  }

  room(folded: string): Channel | undefined {
    return this.#rooms.get(folded);
  }

  pause(paused: boolean): void {
    this.#link.pause(paused);
  }

  // What the lost one had not told is told now; the list tells the difference for all else, once both have read the same.
  takeOver(takeovers: readonly Takeover[]): void {
    const { host, realm } = this.#where;
    for (const takeover of takeovers) emit(host, late(realm.primaries.takeOver(takeover, this.view), this.view));
    const channels = takeovers.map(({ channel }) => channel);
    const behind = channels.filter((channel) => realm.primaries.behind(channel, this.view));
    for (const channel of channels) if (!behind.includes(channel)) this.#list(channel);
    if (behind.length === 0) return;
    const listAll = () => {
      for (const channel of behind) this.#list(channel);
    };
    // The server answers behind everything that it has sent before.
    this.ping().then(listAll, listAll);
  }

  disown(account: AccountKey): void {
    disown(this.#rooms, account);
  }

  close(why: string, failure: Failure): Promise<void> {
    const { realm } = this.#where;
    const { account } = this.view;
    if (this.#phase === 'online') {
      this.#phase = 'closing';
      this.#reason = failure;
      realm.clients.delete(account);
    }
    const end = this.#link.end(quit(why)).finally(() => realm.leaving.delete(account));
    realm.leaving.set(account, end);
    return end;
  }

  // RELIABILITY: echo-message proves that the server took a line, else a PING after it that comes back.
  barrier(): string | undefined {
    const pending = this.#pending;
    const echo = this.view.caps.has('echo-message');
    if (pending.unproven(echo)) return barrierLine(pending.last);
    if (echo && pending.unproven(false)) {
      this.#patience ??= this.#where.host.clock.after(ECHO_PATIENCE, () => {
        this.#patience = undefined;
        if (pending.unproven(false)) this.#link.writer.urgent(barrierLine(pending.last));
      });
    }
    return undefined;
  }

  skip(text: string): boolean {
    return this.#phase !== 'login' && isDuplicate(text, this.#where.realm.primaries, this.view);
  }

  take(line: Line): void {
    if (line.command === 'ERROR' && this.#phase !== 'closing')
      this.#reason ??= farewell(nameOf(this.#where, this.view), line.params.at(-1) ?? '');
    if (this.#entry) return this.#entry.registration.take(line);
    if (line.command === 'ERROR') return;
    const faults: unknown[] = [];
    for (const one of singly(line)) this.#follow(one, faults);
    if (faults.length > 0) throw faults[0];
  }

  /** What throws in one part of it keeps a line from none of the others. */
  #follow(line: Line, faults: unknown[]): void {
    let taken = false;
    try {
      taken = this.#errands.take(line);
    } catch (error) {
      faults.push(error);
    }
    try {
      if (!taken) this.#talk.take(line);
    } catch (error) {
      faults.push(error);
    }
  }

  closed(ours: Failure | undefined): void {
    const before = this.#phase;
    this.#phase = 'closed';
    this.#patience?.();
    this.#entry?.registration.close();
    const text = `${nameOf(this.#where, this.view)} closed the connection.`;
    const failure = ours ?? this.#reason ?? new Failure('recipient-unavailable', { text });
    this.#leaveRealm();
    this.#trips.fail(failure);
    this.asks.fail(failure);
    this.#errands.stop(failure);
    const code = before === 'closing' ? failure.code : 'recipient-unavailable';
    this.#pending.fail((certain) => new Failure(code, { text: failure.message, certain }));
    this.#entry?.reject(failure);
    this.#entry = undefined;
    if (before !== 'online') return;
    const { host } = this.#where;
    emit(host, realmNotice(this.view, `Connection lost: ${failure.message}`));
    host.status(this.#key, { kind: 'lost', failure });
  }

  #leaveRealm(): void {
    const { realm } = this.#where;
    const { account } = this.view;
    this.view.forget();
    if (realm.clients.get(account) === this) realm.clients.delete(account);
    this.#splits.stop();
    const takeovers = realm.primaries.lost(this.view);
    for (const other of realm.clients.values()) other.disown(account);
    const heirs = Map.groupBy(takeovers, ({ channel }) => realm.primaries.members(channel)[0]?.account);
    for (const [heir, all] of heirs) if (heir !== undefined) realm.clients.get(heir)?.takeOver(all);
  }

  #ready(wanted: string): void {
    const { host, realm, server } = this.#where;
    const { view } = this;
    if (this.#entry) view.caps = capabilities(this.#entry.registration.capabilities());
    this.#entry?.registration.close();
    this.#entry = undefined;
    this.#phase = 'online';
    realm.clients.set(view.account, this);
    const secret = server.tls ? 'encrypted' : 'not encrypted';
    emit(host, realmNotice(view, `Connected to ${view.isupport.network ?? view.realm} (${secret}).`));
    this.#errands.begin(wanted);
    this.#tellOnline();
  }

  #renamed(nick: string): void {
    this.view.rename(nick);
    if (this.#phase === 'online') this.#tellOnline();
  }

  #tellOnline(): void {
    const { wanted } = this.#errands;
    const { nick } = this.view;
    this.#where.host.status(this.#key, { kind: 'online', nick, ...(wanted !== nick && { wanted }) });
  }

  #list(channel: string): void {
    const { host, realm } = this.#where;
    const room = this.#rooms.get(channel);
    realm.primaries.caughtUp(channel, this.view);
    if (room && realm.primaries.isPrimary(channel, this.view))
      emit(host, snapshot(room, this.view, oursIn(realm, channel)));
    learnModes(channel, { realm, view: this.view, rooms: this.#rooms, writer: this.#link.writer });
  }

  #again(room: Channel, target: string): void {
    const { host, realm } = this.#where;
    const known = primaryChannel(realm, target) ?? room;
    // Where others of ours are, what was held has been told to them, or was before their time.
    const held = realm.primaries.members(target).length < 2 ? (room.held ?? []) : [];
    delete room.held;
    if (this.#pending.has('join', target)) emit(host, [...snapshot(known, this.view, oursIn(realm, target)), ...held]);
    this.#pending.done('join', target);
  }
}
