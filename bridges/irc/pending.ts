import type { Outcome } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import type { Wire } from './encode.ts';
import { foldName, isRoomName } from './names.ts';
import { NICK_REFUSALS } from './numerics.ts';
import type { Line } from './view.ts';

/** Events of one connection that may be owed an answer at a time. */
const PENDING_LIMIT = 1000;

type Item = { readonly id: EventId; wire: Wire /** Order of writing; 0 while it waits. */; seq: number };

/** What was handed to a connection and is not settled yet. Each event is settled exactly once. */
export type Pending = {
  /** Throws `Failure('queue-full')`. The returned function marks the event as written. */
  add(id: EventId, wire: Wire): () => void;
  drop(id: EventId): void;
  /** Settles the message that an echo confirms; false if none waits for that target. */
  echoed(target: string, text: string, msgid: string | undefined): boolean;
  /** The server has done what was asked; `about` tells whom it was asked about, folded. */
  done(kind: Wire['kind'], target: string, about?: string): boolean;
  /** Settles the event that a numeric refuses; false if none fits. */
  refused(line: Line, failure: Failure): boolean;
  /** The server has read everything up to this number: what was not refused is done. Joins have an answer of their own. */
  proven(seq: number): void;
  /** Settles all: what was written is in doubt, what waited is certain not to have gone. */
  fail(failure: (certain: boolean) => Failure): void;
  /** Whether something written waits for a proof; with `echo`, messages do not. */
  unproven(echo: boolean): boolean;
  readonly last: number;
  has(kind: Wire['kind'], target: string): boolean;
};

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

type Effects = {
  /** Is told of each event that leaves the book. */
  settle(id: EventId, outcome: Outcome): void;
  /** Sends the next line of an event; `sent` is called once it is written. May throw a `Failure`. */
  send(line: string, sent: () => void): void;
};

/** An empty book. */
export function openPending({ settle, send }: Effects): Pending {
  const items = new Map<EventId, Item>();
  let last = 0;

  function close(item: Item | undefined, outcome: Outcome): boolean {
    if (!item || !items.delete(item.id)) return false;
    settle(item.id, outcome);
    return true;
  }

  /** The server has done what was asked: now comes the rest of it, if there is any. */
  function taken(item: Item | undefined): boolean {
    const next = item?.wire.next;
    if (!item || !next) return close(item, TAKEN);
    item.wire = next;
    item.seq = 0;
    try {
      send(next.line, () => {
        item.seq = ++last;
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      close(item, error);
    }
    return true;
  }

  function find(kind: Wire['kind'], fits: (wire: Wire) => boolean): Item | undefined {
    for (const item of items.values()) if (item.seq > 0 && item.wire.kind === kind && fits(item.wire)) return item;
    return undefined;
  }

  function culprit(line: Line): Item | undefined {
    const named = line.params[1] ?? '';
    if (UNKNOWN_OR_SHORT.has(line.command)) {
      const command = named.toUpperCase();
      const own = find('raw', (wire) => wire.target === command);
      const kind = COMMANDS.get(command);
      return own ?? (kind && find(kind, () => true));
    }
    if (UNTARGETED.has(line.command)) return find('message', () => true);
    if (NICK_REFUSALS.has(line.command) && !(line.command === '437' && isRoomName(named)))
      return find('nick', () => true);
    const names = line.params.slice(1, 3).map(foldName);
    const fits = (wire: Wire): boolean =>
      ABOUT.has(wire.kind)
        ? UNNAMED.has(line.command) || names.includes(wire.target) || names.includes(wire.text)
        : wire.target === names[0];
    const fitting = REFUSALS.filter(([, numerics]) => numerics.has(line.command));
    return fitting.map(([kind]) => find(kind, fits)).find((item) => item !== undefined);
  }

  return {
    add(id, wire) {
      if (items.size >= PENDING_LIMIT) throw new Failure('queue-full');
      const item: Item = { id, wire, seq: 0 };
      items.set(id, item);
      return () => {
        item.seq = ++last;
      };
    },
    drop: (id) => void items.delete(id),
    echoed(target, text, msgid) {
      const key = foldName(target);
      // Servers may change a text on its way (colours stripped, words masked): then the oldest for that target is meant.
      const item =
        find('message', (wire) => wire.target === key && wire.text === text) ??
        find('message', (wire) => wire.target === key);
      return close(item, { ids: msgid ? [msgid as ForeignId] : [], state: 'taken' });
    },
    done: (kind, target, about) =>
      taken(find(kind, (wire) => wire.target === target && (about === undefined || wire.text === about))),
    refused: (line, failure) => close(culprit(line), failure),
    proven(seq) {
      for (const item of [...items.values()]) {
        if (item.seq > 0 && item.seq <= seq && item.wire.kind !== 'join') taken(item);
      }
    },
    fail(failure) {
      for (const item of [...items.values()]) close(item, failure(item.seq === 0));
    },
    unproven(echo) {
      for (const item of items.values()) {
        if (item.seq > 0 && item.wire.kind !== 'join' && !(echo && item.wire.kind === 'message')) return true;
      }
      return false;
    },
    get last() {
      return last;
    },
    has(kind, target) {
      for (const item of items.values()) if (item.wire.kind === kind && item.wire.target === target) return true;
      return false;
    },
  };
}

const TAKEN: Outcome = { ids: [], state: 'taken' };
