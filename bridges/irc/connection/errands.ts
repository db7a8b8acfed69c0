import { type ChannelList, openChannelList } from '#bridges/irc/channels/channel-list.ts';
import { type Monitor, openMonitor, type PresenceChange } from '#bridges/irc/people/monitor.ts';
import { NickRecovery, type NickRecoveryOwner } from '#bridges/irc/people/nick-recovery.ts';
import { type OwnAway, openOwnAway } from '#bridges/irc/people/own-away.ts';
import { type Inquiries, openInquiries } from '#bridges/irc/questions/inquiries.ts';
import type { Pending } from '#bridges/irc/questions/pending.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { contactPlace } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { target } from '#bridges/irc/wire/encode.ts';
import type { Delivered, Host } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Query, Reply } from '#src/model/query.ts';
import type { ConnectionState } from './connection-state.ts';
import type { LineWriter } from './line-writer.ts';
import type { Line } from './server-view.ts';

export type ErrandParts = {
  readonly host: Host;
  readonly view: ConnectionState;
  readonly pending: Pending;
  readonly writer: LineWriter;
};

/** Conversations that one connection remembers. */
const TALKS = 1000;

const TAKEN: Delivered = { ids: [], state: 'taken' };

/**
 * What one connection does beside talk and rooms: it watches people, is away, gets its nick back, asks. Most connections
 * never need most of it, and there are many connections: each part is made when it is asked for first.
 */
export class Errands implements NickRecoveryOwner {
  readonly #parts: ErrandParts;
  readonly #recovery: NickRecovery;
  #talks: Set<string> | undefined;
  #monitor: Monitor | undefined;
  #away: OwnAway | undefined;
  #list: ChannelList | undefined;
  #inquiries: Inquiries | undefined;

  constructor(parts: ErrandParts) {
    this.#parts = parts;
    this.#recovery = new NickRecovery(this);
  }

  /** Logged in; `wanted` is the nick that was asked for first. */
  begin(wanted: string): void {
    this.#recovery.begin(wanted);
  }

  /** The nick to ask for at the next login. */
  get wanted(): string {
    return this.#recovery.wanted;
  }

  /** What becomes of an event that is an errand; `undefined` for all others. Throws a `Failure`. */
  deliver(event: Event): Delivered | undefined {
    const { host, view } = this.#parts;
    if (event.kind === 'presence') (this.#away ??= openOwnAway(host.clock, (line) => this.say(line))).take(event);
    else if (event.kind !== 'contact') {
      if (event.kind === 'message' && event.place.kind === 'contact')
        this.#talked(view.fold(target(event.place, view)));
      return undefined;
    }
    // IRC has no subscriptions: whoever wants to see somebody just looks.
    else if (event.action === 'subscribe') this.#watcher().add(target(event.place, view, 'contact'), 'contact');
    else if (event.action === 'unsubscribe') this.#monitor?.drop(target(event.place, view, 'contact'), 'contact');
    return TAKEN;
  }

  /** Rejects with a `Failure`. */
  async ask(query: Query): Promise<Reply> {
    switch (query.kind) {
      case 'rooms':
        return (this.#list ??= openChannelList(this.#asking())).page(query.page, query.match);
      case 'ping':
        return this.#inquire().ping(this.view.spelled(query.who ?? ''));
      case 'version':
        return this.#inquire().version(this.view.spelled(query.who));
      case 'profile':
        return this.#inquire().profile(this.view.spelled(query.who));
      default:
        throw new Failure('not-supported');
    }
  }

  /** Takes a line in; true if nobody else needs it. */
  take(line: Line): boolean {
    this.view.note(line);
    if (line.command === 'PRIVMSG' && isSelf(line.params[0] ?? '', this.#parts.view))
      this.#talked(this.view.fold(line.nick));
    // All of them see it, whoever it is for.
    let taken = this.#recovery.take(line);
    taken = (this.#monitor?.take(line) ?? false) || taken;
    taken = (this.#list?.take(line) ?? false) || taken;
    return (this.#inquiries?.take(line) ?? false) || taken;
  }

  /** Whether there is a conversation with a folded nick, or it is a contact. */
  knows(folded: string): boolean {
    return (this.#talks?.has(folded) ?? false) || (this.#monitor?.has(folded, 'contact') ?? false);
  }

  stop(failure: Failure): void {
    this.#recovery.stop();
    this.#away?.stop();
    this.#monitor?.stop();
    this.#list?.fail(failure);
    this.#inquiries?.fail(failure);
  }

  get view(): ConnectionState {
    return this.#parts.view;
  }

  get clock(): Host['clock'] {
    return this.#parts.host.clock;
  }

  watch(nick: string): void {
    this.#watcher().add(nick, 'nick');
  }

  unwatch(nick: string): void {
    this.#monitor?.drop(nick, 'nick');
  }

  // What can wait for another time is not worth an error.
  say(line: string): boolean {
    try {
      this.#parts.writer.send(line);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#parts.host.log.debug({ err: error }, 'a line of our own waits for another time');
      return false;
    }
  }

  asked(nick?: string): boolean {
    const { pending } = this.#parts;
    return nick === undefined ? pending.has('nick', '') : pending.asks(nick);
  }

  #asking(): { view: ConnectionState; clock: Host['clock']; send: (line: string) => void } {
    const { view, host, writer } = this.#parts;
    return { view, clock: host.clock, send: (line) => writer.send(line) };
  }

  #inquire(): Inquiries {
    return (this.#inquiries ??= openInquiries(this.#asking()));
  }

  #watcher(): Monitor {
    const { view, host } = this.#parts;
    return (this.#monitor ??= openMonitor({
      view,
      caps: () => view.caps,
      clock: host.clock,
      say: (line) => this.say(line),
      tell: (seen) => this.#tell(seen),
      free: (nick) => this.#recovery.free(nick),
    }));
  }

  #tell({ nick, show, status }: PresenceChange): void {
    const { host, view } = this.#parts;
    const from = { kind: 'network', id: view.id(nick), name: nick } as const;
    const place = contactPlace(nick, view);
    emit(host, [{ kind: 'presence', place, from, show, ...(status !== undefined && { status }) }]);
  }

  #talked(folded: string): void {
    this.#talks ??= new Set();
    const [oldest] = this.#talks;
    if (this.#talks.size >= TALKS && oldest !== undefined) this.#talks.delete(oldest);
    this.#talks.add(folded);
  }
}
