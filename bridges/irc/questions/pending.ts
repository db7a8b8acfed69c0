import type { Writer } from '#bridges/irc/connection/queue.ts';
import type { Line } from '#bridges/irc/connection/view.ts';
import type { Wire } from '#bridges/irc/wire/encode.ts';
import { foldName, isRoomName } from '#bridges/irc/wire/names.ts';
import { NICK_REFUSALS } from '#bridges/irc/wire/numerics.ts';
import type { Host, Outcome } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';

/** Events of one connection that may be owed an answer at a time. */
const PENDING_LIMIT = 1000;

type Item = { readonly id: EventId; wire: Wire /** Order of writing; 0 while it waits. */; seq: number };

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
  ['message', set('401 402 403 404 406 407 408 413 414 415 416 439 442 477 486 488 492 494 524 531 573 716')],
];
/** RFC 2812 §5.2: these name no target. */
const UNTARGETED = set('411 412 417');
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
]);

/** These name a mode letter, not whose it is. */
const UNNAMED = set('472 974');
/** Kinds whose refusals name the channel or the person. */
const ABOUT: ReadonlySet<Wire['kind']> = new Set(['kick', 'mode', 'invite']);

/** What was handed to a connection and is not settled yet. Each event is settled exactly once. */
export class Pending {
  readonly #host: Pick<Host, 'settle'>;
  readonly #writer: Pick<Writer, 'send'>;
  readonly #items = new Map<EventId, Item>();
  #last = 0;

  /** Each event that leaves the book is settled with the host; what follows of it goes to the writer. */
  constructor(host: Pick<Host, 'settle'>, writer: Pick<Writer, 'send'>) {
    this.#host = host;
    this.#writer = writer;
  }

  /** Throws `Failure('queue-full')`. The returned function marks the event as written. */
  add(id: EventId, wire: Wire): () => void {
    if (this.#items.size >= PENDING_LIMIT) throw new Failure('queue-full');
    const item: Item = { id, wire, seq: 0 };
    this.#items.set(id, item);
    return () => this.#written(item);
  }

  drop(id: EventId): void {
    this.#items.delete(id);
  }

  /** Settles the message that an echo confirms; false if none waits for that target. */
  echoed(target: string, text: string, msgid: string | undefined): boolean {
    const key = foldName(target);
    // Servers may change a text on its way (colours stripped, words masked): then the oldest for that target is meant.
    const item =
      this.#find('message', (wire) => wire.target === key && wire.text === text) ??
      this.#find('message', (wire) => wire.target === key);
    return this.#close(item, { ids: msgid ? [msgid as ForeignId] : [], state: 'taken' });
  }

  /** The server has done what was asked; `about` tells whom it was asked about, folded. */
  done(kind: Wire['kind'], target: string, about?: string): boolean {
    return this.#taken(
      this.#find(kind, (wire) => wire.target === target && (about === undefined || wire.text === about)),
    );
  }

  /** Settles the event that a numeric refuses; false if none fits. */
  refused(line: Line, failure: Failure): boolean {
    return this.#close(this.#culprit(line), failure);
  }

  /** The server has read everything up to this number: what was not refused is done. Joins have an answer of their own. */
  proven(seq: number): void {
    for (const item of [...this.#items.values()]) {
      if (item.seq > 0 && item.seq <= seq && item.wire.kind !== 'join') this.#taken(item);
    }
  }

  /** Settles all: what was written is in doubt, what waited is certain not to have gone. */
  fail(failure: (certain: boolean) => Failure): void {
    for (const item of [...this.#items.values()]) this.#close(item, failure(item.seq === 0));
  }

  /** Whether something written waits for a proof; with `echo`, messages do not. */
  unproven(echo: boolean): boolean {
    for (const item of this.#items.values()) {
      if (item.seq > 0 && item.wire.kind !== 'join' && !(echo && item.wire.kind === 'message')) return true;
    }
    return false;
  }

  /** The number of what was written last. */
  get last(): number {
    return this.#last;
  }

  has(kind: Wire['kind'], target: string): boolean {
    for (const item of this.#items.values()) if (item.wire.kind === kind && item.wire.target === target) return true;
    return false;
  }

  #written(item: Item): void {
    item.seq = ++this.#last;
  }

  #close(item: Item | undefined, outcome: Outcome): boolean {
    if (!item || !this.#items.delete(item.id)) return false;
    this.#host.settle(item.id, outcome);
    return true;
  }

  /** The server has done what was asked: now comes the rest of it, if there is any. */
  #taken(item: Item | undefined): boolean {
    const next = item?.wire.next;
    if (!item || !next) return this.#close(item, TAKEN);
    item.wire = next;
    item.seq = 0;
    try {
      this.#writer.send(next.line, () => this.#written(item));
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
    if (UNTARGETED.has(line.command)) return this.#find('message', () => true);
    if (NICK_REFUSALS.has(line.command) && !(line.command === '437' && isRoomName(named)))
      return this.#find('nick', () => true);
    const names = line.params.slice(1, 3).map(foldName);
    const fits = (wire: Wire): boolean =>
      ABOUT.has(wire.kind)
        ? UNNAMED.has(line.command) || names.includes(wire.target) || names.includes(wire.text)
        : wire.target === names[0];
    const fitting = REFUSALS.filter(([, numerics]) => numerics.has(line.command));
    return fitting.map(([kind]) => this.#find(kind, fits)).find((item) => item !== undefined);
  }
}

const TAKEN: Outcome = { ids: [], state: 'taken' };
