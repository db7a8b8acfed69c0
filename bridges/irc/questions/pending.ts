import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Wire } from '#bridges/irc/wire/line.ts';
import { askedFor, foldName, isRoomName } from '#bridges/irc/wire/names.ts';
import { NICK_REFUSALS } from '#bridges/irc/wire/numerics.ts';
import type { Outcome } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';

/** Events of one connection that may be owed an answer at a time. */
const PENDING_LIMIT = 1000;

/** What the server answers whatever becomes of it, so that a ping behind it proves nothing; milliseconds for the answer. */
const ANSWERED: ReadonlySet<Wire['kind']> = new Set(['join', 'nick']);
const PATIENCE = 45_000;

/** `seq` is the order of writing, 0 while it waits; `until` when its own answer is overdue. */
type Item = { readonly id: EventId; wire: Wire; seq: number; until?: number; written?: () => void; label?: string };
export type PendingEvent = Readonly<Item>;

type Refusable = Exclude<Wire['kind'], 'nick' | 'raw'>;

const set = (numerics: string): ReadonlySet<string> => new Set(numerics.split(' '));

/** Which numerics can refuse which command, in the order of looking (RFC 2812 §3.2, §3.3). */
const REFUSALS: readonly (readonly [Refusable, ReadonlySet<string>])[] = [
  ['join', set('403 405 407 437 448 470 471 473 474 475 476 477 479 480 485 488 489 490 495 500 519 520 926')],
  ['topic', set('403 404 442 477 482 485')],
  ['leave', set('403 442')],
  ['kick', set('401 403 441 442 476 477 482 484 485 499 972')],
  ['mode', set('401 403 441 442 467 472 477 478 482 484 485 499 502 696 698 742 743 974')],
  ['invite', set('401 403 442 443 473 477 482 518')],
  ['redact', set('401 403 404 442')],
  ['read', set('401 403 442')],
  ['tags', set('401 403 404 442 477 531')],
  ['message', set('401 402 403 404 406 407 408 413 414 415 416 439 442 477 486 488 492 494 524 531 573 716')],
];
/** RFC 2812 §5.2: these name no target, and can refuse whatever was said. */
const UNTARGETED = set('411 412 417 481');
const JOIN: ReadonlySet<Wire['kind']> = new Set(['join']);
const SAID: ReadonlySet<Wire['kind']> = new Set(['message', 'topic', 'kick', 'mode', 'invite', 'raw']);
/** Unknown command, and too few parameters: these name the command. */
const UNKNOWN_OR_SHORT = set('421 461');
const COMMANDS: ReadonlyMap<string, Wire['kind']> = new Map([
  ['JOIN', 'join'],
  ['PART', 'leave'],
  ['TOPIC', 'topic'],
  ['NICK', 'nick'],
  ['PRIVMSG', 'message'],
  ['NOTICE', 'message'],
  ['KICK', 'kick'],
  ['MODE', 'mode'],
  ['INVITE', 'invite'],
  ['REDACT', 'redact'],
  ['TAGMSG', 'tags'],
  ['MARKREAD', 'read'],
]);

/** These name a mode letter, not whose it is. */
const UNNAMED = set('472 974');
/** Kinds whose refusals name the channel or the person. */
const ABOUT: ReadonlySet<Wire['kind']> = new Set(['kick', 'mode', 'invite']);

/** To which connection it was handed. */
type Owner = Pick<IrcConnection, 'host' | 'view' | 'writer' | 'joinOverdue'>;

/** What was handed to a connection and is not settled yet. Each event is settled exactly once. */
export class Pending {
  readonly #owner: Owner;
  readonly #items = new Map<EventId, Item>();
  #last = 0;
  #labels = 0;
  #expiry: (() => void) | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Throws `Failure('queue-full')`. The returned function marks the event as written. */
  add(id: EventId, wire: Wire): () => void {
    if (this.#items.size >= PENDING_LIMIT) throw new Failure('queue-full');
    const item: Item = { id, wire, seq: 0 };
    this.#items.set(id, item);
    const written = (): void => this.#written(item);
    item.written = written;
    return written;
  }

  drop(id: EventId): void {
    this.#items.delete(id);
  }

  /** Takes back what has not been written yet; false where it has. */
  withdraw(id: EventId): boolean {
    const item = this.#items.get(id);
    if (!item || item.seq > 0 || !item.written || !this.#owner.writer.withdraw(item.written)) return false;
    return this.#items.delete(id);
  }

  /** Our user leaves a channel (folded name): what was still to be said there is not, and its sender hears so. */
  left(channel: string): void {
    const said = ({ kind, target }: Wire): boolean => kind === 'message' && target === channel;
    for (const { id, seq, wire } of [...this.#items.values()]) {
      if (seq > 0 || !said(wire) || !this.withdraw(id)) continue;
      this.#owner.host.settle(id, new Failure('not-joined', { text: texts.leftBefore, certain: true }));
    }
  }

  /** By what the server may say what it answers. */
  label(id: EventId): string {
    const label = `e${++this.#labels}`;
    const item = this.#items.get(id);
    if (item) item.label = label;
    return label;
  }

  /** What a label stands for, as long as it is not settled. */
  labelled(label: string): PendingEvent | undefined {
    for (const item of this.#items.values()) if (item.label === label) return item;
    return undefined;
  }

  /** The server has read it and has nothing to say: that is all, but for what it answers by what it does. */
  acknowledged({ id, wire }: PendingEvent): void {
    if (!ANSWERED.has(wire.kind)) this.#taken(this.#items.get(id));
  }

  answered({ id }: PendingEvent, outcome: Outcome): void {
    const item = this.#items.get(id);
    if (item?.wire.next) this.#taken(item);
    else this.#close(item, outcome);
  }

  /** Settles the message that an echo confirms; false if none waits for that target. */
  echoed(target: string, text: string, msgid: string | undefined): boolean {
    const key = this.#owner.view.fold(target);
    // Servers may change a text on its way (colours stripped, words masked): then the oldest for that target is meant.
    let meant: Item | undefined;
    for (const item of this.#items.values()) {
      const { seq, wire } = item;
      if (seq === 0 || wire.kind !== 'message' || wire.target !== key) continue;
      meant ??= item;
      if (wire.text !== text) continue;
      meant = item;
      break;
    }
    return this.#close(meant, msgid ? { ids: [msgid as ForeignId], state: 'taken' } : TAKEN);
  }

  /** The server has done what was asked; `about` tells whom it was asked about, folded. */
  done(kind: Wire['kind'], target: string, about?: string): boolean {
    return this.#taken(
      this.#find(kind, (wire) => wire.target === target && (about === undefined || wire.text === about)),
    );
  }

  /** We are in a channel (folded name): that answers each join, also what a bouncer was quicker than, to which it says nothing. */
  entered(channel: string): void {
    for (const item of [...this.#items.values()]) {
      if (item.wire.kind !== 'join' || item.wire.target !== channel) continue;
      if (item.seq === 0 && item.written) this.#owner.writer.withdraw(item.written);
      this.#taken(item);
    }
  }

  /** The event that a numeric refuses; `undefined` if none fits. */
  refused(line: Line): PendingEvent | undefined {
    return this.#culprit(line);
  }

  /** A command was refused by its name; `about` is what it was about, as the server writes it. False if none fits. */
  failed(verb: string, about: readonly string[], failure: Failure): boolean {
    const kind = COMMANDS.get(verb.toUpperCase());
    if (!kind) return false;
    const { view } = this.#owner;
    const named = (wire: Wire): boolean => about.some((name) => view.fold(name) === wire.target || name === wire.text);
    return this.#close(
      this.#find(kind, named) ?? (about.length > 0 ? undefined : this.#find(kind, () => true)),
      failure,
    );
  }

  refuse({ id }: PendingEvent, failure: Failure): void {
    this.#close(this.#items.get(id), failure);
  }

  /** The number of something that is written now. Numbers only grow. */
  number(): number {
    return ++this.#last;
  }

  /** The server has read everything up to this number: what was not refused is done, but for what is answered. */
  proven(seq: number): void {
    for (const item of [...this.#items.values()]) {
      if (item.seq > 0 && item.seq <= seq && !ANSWERED.has(item.wire.kind)) this.#taken(item);
    }
  }

  /** Settles all: what was written is in doubt, what waited is certain not to have gone. */
  fail(failure: (certain: boolean) => Failure): void {
    this.#expiry?.();
    for (const item of [...this.#items.values()]) this.#close(item, failure(item.seq === 0));
  }

  /** Whether something written waits for a proof; with `echo`, messages do not. */
  unproven(echo: boolean): boolean {
    for (const item of this.#items.values()) {
      if (item.seq > 0 && !ANSWERED.has(item.wire.kind) && !(echo && item.wire.kind === 'message')) return true;
    }
    return false;
  }

  /** The number of what was written last. */
  get last(): number {
    return this.#last;
  }

  /** Whether the user has asked for that nick; a server may cut one that is too long for it. */
  asks(nick: string): boolean {
    return this.#find('nick', isNick(nick)) !== undefined;
  }

  /** The server calls us by another nick now: that is the answer to whoever has asked for it, and to nobody else. */
  renamed(nick: string): void {
    this.#taken(this.#find('nick', isNick(nick)));
  }

  /** The join that waits for a channel which the server calls by this name (folded) instead. */
  joining(channel: string): PendingEvent | undefined {
    const names = askedFor(channel);
    const named = names.length === 0 ? undefined : this.#find('join', ({ target }) => names.includes(target));
    return named ?? this.#only(JOIN, (target) => isCut(channel, target));
  }

  /** Whether something of a kind waits for its answer. */
  waits(kind: Wire['kind']): boolean {
    for (const item of this.#items.values()) if (item.wire.kind === kind) return true;
    return false;
  }

  has(kind: Wire['kind'], target: string): boolean {
    for (const item of this.#items.values()) if (item.wire.kind === kind && item.wire.target === target) return true;
    return false;
  }

  #written(item: Item): void {
    item.seq = this.number();
    if (!ANSWERED.has(item.wire.kind)) return;
    const { clock } = this.#owner.host;
    item.until = clock.now() + PATIENCE;
    this.#expiry ??= clock.after(PATIENCE, () => this.#expire());
  }

  // RELIABILITY: nothing waits for ever. Some servers say nothing at all to a JOIN that they do not like.
  #expire(): void {
    const { clock } = this.#owner.host;
    this.#expiry = undefined;
    const now = clock.now();
    let next: number | undefined;
    for (const item of [...this.#items.values()]) {
      if (item.until === undefined) continue;
      if (item.until > now) next = Math.min(next ?? item.until, item.until);
      else this.#overdue(item);
    }
    if (next !== undefined) this.#expiry ??= clock.after(next - now, () => this.#expire());
  }

  #overdue(item: Item): void {
    const { kind, target } = item.wire;
    this.#close(item, new Failure('remote-server-timeout', { text: texts.notAnswered }));
    if (kind === 'join') this.#owner.joinOverdue(target);
  }

  #close(item: Item | undefined, outcome: Outcome): boolean {
    if (!item || !this.#items.delete(item.id)) return false;
    // Nobody waits for what becomes of a marker.
    this.#owner.host.settle(item.id, item.wire.kind === 'read' ? TAKEN : outcome);
    return true;
  }

  /** The server has done what was asked: now comes the rest of it, if there is any. */
  #taken(item: Item | undefined): boolean {
    const next = item?.wire.next;
    if (!item || !next) return this.#close(item, TAKEN);
    item.wire = next;
    item.seq = 0;
    try {
      this.#owner.writer.send(next.line, () => this.#written(item));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#close(item, error);
    }
    return true;
  }

  #find(kind: Wire['kind'], fits: (wire: Wire) => boolean): Item | undefined {
    for (const item of this.#items.values())
      if (item.seq > 0 && item.wire.kind === kind && fits(item.wire)) return item;
    return undefined;
  }

  #culprit(line: Line): Item | undefined {
    const named = line.params[1] ?? '';
    if (UNKNOWN_OR_SHORT.has(line.command)) {
      const command = named.toUpperCase();
      const own = this.#find('raw', (wire) => wire.target === command);
      const kind = COMMANDS.get(command);
      return own ?? (kind && this.#find(kind, () => true));
    }
    if (NICK_REFUSALS.has(line.command) && !(line.command === '437' && isRoomName(named))) {
      const nick = this.#find('nick', isNick(named)) ?? this.#find('nick', () => true);
      if (nick) return nick;
    }
    const kinds = REFUSALS.flatMap(([kind, numerics]) => (numerics.has(line.command) ? [kind] : []));
    if (UNTARGETED.has(line.command)) return this.#oldest(SAID);
    // The first parameter is our nick, the last a sentence.
    if (line.params.length <= 2) return this.#oldest(new Set(kinds));
    const names = line.params.slice(1, 3).map((name) => this.#owner.view.fold(name));
    const fits = (wire: Wire): boolean =>
      ABOUT.has(wire.kind)
        ? UNNAMED.has(line.command) || names.includes(wire.target) || names.includes(wire.text)
        : wire.target === names[0];
    const found = kinds.map((kind) => this.#find(kind, fits)).find((item) => item !== undefined);
    return found ?? this.#mangled(new Set(kinds), names[0] ?? '');
  }

  /** What was written first of some kinds. */
  #oldest(kinds: ReadonlySet<Wire['kind']>): Item | undefined {
    const written = [...this.#items.values()].filter(({ seq, wire }) => seq > 0 && kinds.has(wire.kind));
    return written.sort((a, b) => a.seq - b.seq)[0];
  }

  /** The one that waits for a name which differs from the given one only in letters that some servers cannot give back, or is longer. */
  #mangled(kinds: ReadonlySet<Wire['kind']>, name: string): Item | undefined {
    const rest = carriedByAll(name);
    return (
      this.#only(kinds, (target) => carriedByAll(target) !== target && carriedByAll(target) === rest) ??
      this.#only(kinds, (target) => isCut(this.#owner.view.fold(name), target))
    );
  }

  /** The one of some kinds whose target is meant, if it is one alone. */
  #only(kinds: ReadonlySet<Wire['kind']>, isMeant: (target: string) => boolean): Item | undefined {
    const [found, ...others] = [...this.#items.values()].filter(
      ({ seq, wire: { kind, target } }) => seq > 0 && kinds.has(kind) && isMeant(target),
    );
    return others.length === 0 ? found : undefined;
  }
}

/** Servers cut names of channels at their CHANNELLEN: 50 or more, 32 and 30 some old ones. */
const CUT = 30;

/** Whether a name of a channel is what a server has left of another one (both folded). */
const isCut = (name: string, asked: string): boolean =>
  name.length >= CUT && asked.length > name.length && isRoomName(name) && asked.startsWith(name);

/** A server may cut a nick that is too long for it; ircd-irc2 2.11 gives who asks for `0` one that it makes itself. */
const isNick =
  (nick: string) =>
  ({ text }: Wire): boolean =>
    nick !== '' && (foldName(text).startsWith(foldName(nick)) || (text === '0' && /^\d/.test(nick)));

const TAKEN: Outcome = { ids: [], state: 'taken' };

/** What every server gives back of a name: its ASCII without the question marks that may stand for other letters. */
const carriedByAll = (name: string): string => name.replace(/[^\u0021-\u003e\u0040-\u007e]/g, '');
