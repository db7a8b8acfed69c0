import type { Socket } from 'node:net';
import { type Channels, disown } from '#bridges/irc/channels/channel.ts';
import { joinOverdue } from '#bridges/irc/channels/channel-lines.ts';
import { type ChannelList, openChannelList } from '#bridges/irc/channels/channel-list.ts';
import { enterAgain, leaveRealm, tellUnheardLeaves } from '#bridges/irc/channels/hand-over.ts';
import { Netsplits } from '#bridges/irc/channels/netsplit.ts';
import { askTargets, keepsPast, noteAbsence, noteLoss } from '#bridges/irc/channels/past.ts';
import { PastRequests } from '#bridges/irc/channels/past-requests.ts';
import { UnaskedJoins } from '#bridges/irc/channels/unasked-joins.ts';
import { KnownPeople } from '#bridges/irc/people/known-people.ts';
import { NickRecovery } from '#bridges/irc/people/nick-recovery.ts';
import { type OwnAway, openOwnAway } from '#bridges/irc/people/own-away.ts';
import { OthersTyping, OwnTyping } from '#bridges/irc/people/typing.ts';
import { ask } from '#bridges/irc/questions/ask.ts';
import { QuestionBook } from '#bridges/irc/questions/book.ts';
import { Pending } from '#bridges/irc/questions/pending.ts';
import { texts } from '#bridges/irc/texts.ts';
import { capabilities } from '#bridges/irc/wire/capabilities.ts';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { isDuplicate } from '#bridges/irc/wire/duplicates.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { quit } from '#bridges/irc/wire/encode.ts';
import { Encodings } from '#bridges/irc/wire/encodings.ts';
import type { Wire } from '#bridges/irc/wire/line.ts';
import { farewell } from '#bridges/irc/wire/numerics.ts';
import { isToldBefore } from '#bridges/irc/wire/played-back.ts';
import { raw } from '#bridges/irc/wire/raw.ts';
import type { Delivered, Host, SessionKey } from '#src/bridge.ts';
import type { Recent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type Rate, type TokenBucket, tokenBucket } from '#src/lib/time/token-bucket.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import { Batches } from './batches.ts';
import { ConnectionState } from './connection-state.ts';
import { incoming } from './incoming.ts';
import { LineSocket, type LineSocketOwner } from './line-socket.ts';
import type { LineWriter } from './line-writer.ts';
import { linesOf, wireOf } from './outgoing.ts';
import type { ConnectionSetup, Realm } from './realm.ts';
import { ConnectionRegistration, type RegistrationWish } from './registration/registration.ts';
import { Relogin } from './registration/relogin.ts';
import { Remembered } from './remembered.ts';
import { barrierLine, dropMotd } from './server-lines.ts';
import type { Line } from './server-view.ts';
import { IrcSession } from './session.ts';
import { renewPolicy } from './transport-security.ts';

/** Milliseconds after which messages whose echo has not come are proven by a PING. */
const ECHO_PATIENCE = 5_000;

const WRITTEN: Delivered = { ids: [], state: 'written' };
const TAKEN: Delivered = { ids: [], state: 'taken' };

/** What a connection is made of. `commands` are lines that its user has sent at each login. */
type ConnectionWish = RegistrationWish & { readonly socket: Socket; readonly commands: readonly string[] };

/** Logs in over an open socket, which is owned here from now on. Rejects with a `Failure`. */
export function openConnection(setup: ConnectionSetup, key: SessionKey, wish: ConnectionWish): Promise<IrcConnection> {
  return new Promise((resolve, reject) => new IrcConnection({ setup, key, resolve, reject }, wish));
}

/** Made here: a function that is made where a connection is keeps all that it was made of. */
const foldingOf =
  (view: ConnectionState) =>
  (name: string): string =>
    view.fold(name);

type Opening = {
  readonly setup: ConnectionSetup;
  readonly key: SessionKey;
  readonly resolve: (connection: IrcConnection) => void;
  readonly reject: (failure: Failure) => void;
};

/**
 * The connection of one account to one server. What its lines act upon is open to those who read them
 * (`line-table.ts`). A class, and what it has are classes: there are thousands (decision 0009).
 */
export class IrcConnection implements LineSocketOwner {
  readonly session: IrcSession;
  readonly host: Host;
  readonly realm: Realm;
  readonly view: ConnectionState;
  readonly channels: Channels = new Map();
  readonly writer: LineWriter;
  readonly encodings: Encodings;
  readonly pending: Pending;
  readonly questions: QuestionBook;
  readonly people: KnownPeople;
  readonly recovery: NickRecovery;
  readonly netsplits: Netsplits;
  /** By the account that it came with, where it has one. */
  readonly relogin: Relogin | undefined;
  readonly unaskedJoins = new UnaskedJoins();
  readonly batches = new Batches();
  readonly past = new PastRequests(this);
  readonly typing: OthersTyping;
  readonly ownTyping: OwnTyping;
  readonly remembered: Remembered;
  /** A message of the day that is being told, and whether a person has asked for it. */
  motd: { readonly rows: string[]; readonly asked: boolean; readonly stop: () => void } | undefined;
  /** Refusals that nobody had asked for. */
  unasked: Recent<true> | undefined;
  /** The real name that the server was told last. */
  realname: string;
  #ctcp: TokenBucket | undefined;
  readonly setup: ConnectionSetup;
  readonly #key: SessionKey;
  #about: Omit<ReplyTo<Query & { kind: 'session' }>, 'kind'>;
  readonly #socket: LineSocket;
  #away: OwnAway | undefined;
  #list: ChannelList | undefined;
  #trips = 0;
  /** As long as it is not logged in. */
  #entry: { readonly registration: ConnectionRegistration; readonly reject: (failure: Failure) => void } | undefined;
  #phase: 'login' | 'online' | 'closing' | 'closed' = 'login';
  #reason: Failure | undefined;
  #patience: (() => void) | undefined;

  constructor({ setup, key, resolve, reject }: Opening, wish: ConnectionWish) {
    const { host, realm, server } = setup;
    const { clock, log } = host;
    this.setup = setup;
    this.#key = key;
    this.realname = wish.identity.realname;
    this.#about = { server: setup.called, encrypted: setup.address.tls, since: clock.now() };
    this.host = host;
    this.remembered = new Remembered(setup, key);
    this.realm = realm;
    this.session = new IrcSession(this, key);
    const view = new ConnectionState(setup, key, this.channels);
    this.view = view;
    const { throttle, encodings } = server;
    const { silence, queued } = setup;
    this.encodings = new Encodings(encodings, foldingOf(view));
    this.#socket = new LineSocket({
      ...{ socket: wish.socket, clock, log, throttle, silence, queued, encodings: this.encodings },
      owner: this,
    });
    const { writer } = this.#socket;
    this.writer = writer;
    this.typing = new OthersTyping(clock);
    this.ownTyping = new OwnTyping(this);
    this.pending = new Pending(this);
    this.questions = new QuestionBook(this);
    this.recovery = new NickRecovery(this);
    this.people = new KnownPeople(this);
    view.people = this.people;
    this.netsplits = new Netsplits(host, view, setup.splitTime);
    this.relogin = wish.account && new Relogin(this, wish.account);
    const registration = new ConnectionRegistration(
      {
        ...{ setup, key, view, socket: this.#socket },
        tell: (line) => incoming(line, this),
        done: (wanted) => {
          this.#ready(wanted, wish.commands);
          resolve(this);
        },
      },
      wish,
    );
    this.#entry = { registration, reject };
  }

  /** How those who run the gateway are reached. */
  get contact(): string | undefined {
    return this.setup.contact;
  }

  /** What is left of the answers by CTCP. Most connections are never asked. */
  ctcpBucket(rate: Rate): TokenBucket {
    return (this.#ctcp ??= tokenBucket(rate, this.clock));
  }

  get clock(): Clock {
    return this.host.clock;
  }

  // A server that waits for services answers no PING (451).
  get asksAlive(): boolean {
    return this.#phase !== 'login';
  }

  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered {
    if (this.#phase !== 'online') throw new Failure('recipient-unavailable');
    const wire = wireOf(event, this);
    return wire ? this.#send(event, wire) : TAKEN;
  }

  #send(event: Event, wire: Wire): Delivered {
    if (wire.kind === 'raw' && wire.target === 'QUIT') this.#reason = new Failure('not-allowed', { text: texts.quit });
    // Who leaves has nothing more to say there.
    if (wire.kind === 'leave') this.pending.left(wire.target);
    const written = this.pending.add(event.id, wire);
    // Whoever is just leaving is in the channel only until the server has read it.
    const enters = wire.kind === 'join' && !this.pending.has('leave', wire.target);
    const channel = enters ? this.channels.get(wire.target) : undefined;
    if (channel?.joined) {
      // A server says nothing to a second JOIN.
      written();
      queueMicrotask(() => enterAgain(channel, wire.target, this));
      return WRITTEN;
    }
    try {
      this.writer.send(linesOf(event.id, wire, this), wire.kind === 'raw' ? () => this.#asked(written, wire) : written);
    } catch (error) {
      this.pending.drop(event.id);
      throw error;
    }
    return WRITTEN;
  }

  #asked(written: () => void, { text }: Wire): void {
    written();
    this.questions.asked(text);
  }

  /** Queues a line that can wait for another time; false where it cannot be taken now. */
  say(line: string): boolean {
    try {
      this.writer.send(line);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.host.log.debug({ err: error }, 'a line of our own waits for another time');
      return false;
    }
  }

  /** Milliseconds to the server and back. Rejects with a `Failure`. */
  ping(): Promise<number> {
    return this.questions.ask('roundtrip', `trip-${++this.#trips}`);
  }

  /** What the server, people and channels are asked. Rejects with a `Failure`. */
  ask(query: Query): Promise<Reply> {
    if (query.kind === 'session') return Promise.resolve({ kind: 'session', ...this.#about });
    return this.#phase === 'online' ? ask(query, this) : Promise.reject(new Failure('recipient-unavailable'));
  }

  /** That our user is away. */
  get ownAway(): OwnAway {
    return (this.#away ??= openOwnAway(this.clock, (line) => this.say(line)));
  }

  /** The list of the server's channels. */
  channelList(): ChannelList {
    const { view, clock, questions } = this;
    return (this.#list ??= openChannelList({ view, clock, questions }));
  }

  /** Closes at once because of that. */
  fail(failure: Failure): void {
    this.#socket.fail(failure);
  }

  pause(paused: boolean): void {
    this.#socket.pause(paused);
  }

  disown(account: AccountKey): void {
    disown(this.channels, account);
  }

  close(why: string, failure: Failure): Promise<void> {
    const { realm } = this;
    const { account } = this.view;
    if (this.#phase === 'online') {
      this.#phase = 'closing';
      this.#reason = failure;
      realm.clients.delete(account);
    }
    const end = this.#socket.end(quit(why)).finally(() => realm.leaving.delete(account));
    realm.leaving.set(account, end);
    return end;
  }

  get network(): string | undefined {
    return this.view.isupport.network;
  }

  // RELIABILITY: echo-message proves that the server took a line, else a PING after it that comes back.
  barrier(): string | undefined {
    const pending = this.pending;
    const echo = this.view.caps.has('echo-message');
    const labels = this.view.caps.has('labeled-response');
    if (!labels && pending.unproven(echo)) return barrierLine(pending.last);
    if ((echo || labels) && pending.unproven(false)) {
      this.#patience ??= this.host.clock.after(ECHO_PATIENCE, () => {
        this.#patience = undefined;
        if (pending.unproven(false)) this.#socket.writer.urgent(barrierLine(pending.last));
      });
    }
    return undefined;
  }

  skip(text: string): boolean {
    if (this.#phase === 'login') return false;
    const { realm, view, batches } = this;
    // What is played back comes in a batch, too.
    if (isToldBefore(text, realm.told, this.setup, view)) return true;
    return !batches.has(text) && isDuplicate(text, realm.primaries, view);
  }

  take(line: Line): void {
    if (line.command === 'ERROR' && this.#phase !== 'closing')
      this.#reason ??= farewell(this.view.realm, line.params.at(-1) ?? '');
    if (this.#entry) return this.#entry.registration.take(line);
    // Behind a QUIT servers tell of their statistics, when nobody is there any more to read them.
    const farewells = this.#phase === 'closing' && line.command === 'NOTICE' && !line.prefix.includes('!');
    if (line.command === 'ERROR' || farewells || this.relogin?.take(line)) return;
    incoming(line, this);
  }

  closed(ours: Failure | undefined): void {
    const before = this.#phase;
    this.#phase = 'closed';
    this.#patience?.();
    this.#entry?.registration.close();
    const closed = (): Failure => new Failure('recipient-unavailable', { text: texts.closed(this.view.realm) });
    const failure = ours ?? this.#entry?.registration.closing ?? this.#reason ?? closed();
    renewPolicy(this.view, this.setup);
    tellUnheardLeaves(this);
    for (const [channel, { joined }] of this.channels) if (joined) noteAbsence(channel, this);
    leaveRealm(this);
    this.questions.fail(failure);
    this.past.fail(failure);
    dropMotd(this);
    this.recovery.stop();
    this.relogin?.stop();
    this.#away?.stop();
    this.people.stop();
    this.typing.stop();
    this.ownTyping.stop();
    this.#list?.stop();
    const code = before === 'closing' ? failure.code : 'recipient-unavailable';
    // RFC 2812 §3.1.7: the end of the line is what QUIT is answered with.
    this.pending.done('raw', 'QUIT');
    this.pending.fail((certain) => new Failure(code, { text: failure.words, certain }));
    this.#entry?.reject(failure);
    this.#entry = undefined;
    if (before !== 'online') return;
    noteLoss(this);
    const { host, realm, view } = this;
    realm.cutOff.set(view.account, failure.message);
    emit(host, realmNotice(view, texts.lost(failure.words), host.language(view.account)));
    host.status(this.#key, { kind: 'lost', failure });
  }

  #ready(wanted: string, commands: readonly string[]): void {
    const { host, realm, view } = this;
    const { address, unasked, quiet } = this.setup;
    if (this.#entry) {
      const { offered, enabled } = this.#entry.registration.capabilities;
      [view.offered, view.caps] = [capabilities(offered), enabled];
    }
    this.#entry?.registration.close();
    this.#entry = undefined;
    this.#phase = 'online';
    this.#about = { ...this.#about, since: host.clock.now() };
    realm.clients.set(view.account, this);
    realm.keepsPast = keepsPast(view);
    const back = realm.cutOff.delete(view.account);
    realm.made.set(view.account, host.clock.now());
    if (back || !quiet) {
      const told = texts.connected(view.isupport.network ?? view.realm, address.tls);
      emit(host, realmNotice(view, told, host.language(view.account)));
    }
    this.recovery.begin(wanted);
    if (!unasked) this.remembered.nick(wanted);
    for (const command of commands) this.say(raw(command).line);
    askTargets(this);
    this.#tellOnline();
  }

  /** Nobody waits any more for a channel (folded name). */
  joinOverdue(channel: string): void {
    joinOverdue(channel, this);
  }

  /** The server calls us by another nick now. */
  renamed(nick: string): void {
    this.view.rename(nick);
    if (this.#phase === 'online') this.#tellOnline();
  }

  #tellOnline(): void {
    const { wanted } = this.recovery;
    const { nick } = this.view;
    this.host.status(this.#key, { kind: 'online', nick, ...(wanted !== nick && { wanted }) });
  }
}
