import type { Linked } from '#src/core/ids.ts';
import type { Footing } from '#src/core/standing.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Journaled, Store } from '#src/store/index.ts';
import type { Life } from './life.ts';
import { type FreshRow, type Journey, laneOf, type Owed } from './owed.ts';

/** What the pieces of one stanza have in common, so that its sender hears of one failure, and their ids are those of one message. */
export type Shared = {
  answered: boolean;
  linked?: Linked;
  /** Hears of each piece, for whoever waits for all of them. */
  landed?: (failure: Failure | undefined) => void;
};

/** Until when (ms since 1970) a row waits for a later one of its key, and the text that both stand for. */
export type Held = { readonly key: string; readonly until: number; readonly previous: string | undefined };

/** One row in hand. */
export type Item = {
  readonly row: Pick<Journaled, 'id' | 'event' | 'lane' | 'account' | 'at' | 'charges'>;
  /** Whether it is in the store. Else it is here and nowhere else. */
  readonly kept: boolean;
  /** Of what is here and nowhere else. */
  readonly shared: Shared | undefined;
  /** How its account stands to where it goes; what is durable finds that by its account and place. */
  readonly to: Footing | undefined;
  /** What it is held back for: a later one of that key takes its place. */
  readonly held: Held | undefined;
  /** Where it waits, if it does. */
  lane: Lane;
  /** What it says; a correction changes it while it waits. */
  owed: Owed;
  readonly journey: Journey | undefined;
  life: Life;
  /** It was handed over, or is about to be, and nothing was heard of it. */
  busy: boolean;
  /** It may have arrived. */
  doubt: Failure | undefined;
  /** The events that it became on its way and of which nothing was heard, and all that there ever were. */
  readonly pending: Set<EventId>;
  readonly known: Set<EventId>;
  /** What the network calls it. */
  ids: readonly ForeignId[];
  /** Its last write. */
  written: Promise<void>;
};

/** One conversation in one direction. */
export type Lane = {
  readonly key: string;
  /** What is in hand, in order. */
  readonly items: Item[];
  /** The newest row that was in hand. */
  last: number;
  /** The store may have more behind it. */
  more: boolean;
  /** What became durable while it was read. */
  readonly late: FreshRow[];
  loading: Promise<void> | undefined;
  /** Resolves when all that was begun has been handed over, each after the one before it. */
  begun: Promise<void> | undefined;
  cancel: (() => void) | undefined;
};

export const newLane = (key: string): Lane => ({
  key,
  items: [],
  last: 0,
  more: false,
  late: [],
  loading: undefined,
  begun: undefined,
  cancel: undefined,
});

export const itemOf = (row: Journaled | (Journaled & FreshRow), lane: Lane): Item => ({
  row,
  kept: true,
  shared: undefined,
  to: undefined,
  held: undefined,
  lane,
  ...('owed' in row ? { owed: row.owed, journey: row.journey } : readFrom(row)),
  life: row,
  busy: false,
  doubt: undefined,
  pending: new Set(),
  known: new Set(),
  ids: [],
  written: Promise.resolve(),
});

/** What a row of the store says. */
const readFrom = ({ body, origin }: Journaled): Pick<Item, 'owed' | 'journey'> => ({
  owed: JSON.parse(body === '' ? 'null' : body) as Owed,
  journey: origin === null ? undefined : (JSON.parse(origin) as Journey),
});

/** The lane of what has not had to wait. */
export const NO_LANE: Lane = newLane('');

const NONE: Set<EventId> = new Set();
const NO_IDS: readonly ForeignId[] = [];
const NOTHING_WRITTEN = Promise.resolve();
const NEW: Life = { state: 'ready', attempts: 0, doubted: false, told: true, notBefore: 0, expires: 0 };

/** A row of which nothing is written. `lane` is that in which it waits where it has to. */
export const memoryItem = (
  event: Event,
  at: {
    readonly lane: string;
    readonly journey?: Journey | undefined;
    readonly shared: Shared;
    readonly held?: Held | undefined;
    readonly to: Footing;
  },
): Item => ({
  row: { id: 0, event: event.id, lane: at.lane, account: at.to.key.account, at: event.at, charges: null },
  kept: false,
  shared: at.shared,
  to: at.to,
  held: at.held,
  lane: NO_LANE,
  owed: { way: 'out', event, identity: at.to.identity },
  journey: at.journey,
  life: NEW,
  busy: false,
  doubt: undefined,
  pending: NONE,
  known: NONE,
  ids: NO_IDS,
  written: NOTHING_WRITTEN,
});

/** Whether something is still to be done about a row. */
export const isOwed = ({ state }: Pick<Life, 'state'>): boolean => state === 'ready' || state === 'flight';

/** How many of a lane are under way, if nothing of it waits. */
export const underWay = ({ items, more, loading }: Lane): number | undefined =>
  !more && !loading && items.every(({ busy }) => busy) ? items.length : undefined;

/** The event of a row towards a network. */
export function eventOf({ owed }: Pick<Item, 'owed'>): Event {
  if (owed.way !== 'out') throw new Error('only what goes to a network has an event for it');
  return owed.event;
}

/** A row that waits for its first try, for `expiry` ms of gateway time from `now` on. */
export function newRow(
  parts: { readonly store: Pick<Store, 'journal'>; readonly clock: Pick<Clock, 'now'> },
  time: { readonly now: number; readonly expiry: number },
  what: { readonly way: 'in' | 'out'; readonly event: EventId; readonly place: Place; readonly owed: Owed },
): FreshRow {
  const { way, event, place, owed } = what;
  return {
    id: parts.store.journal.nextId(),
    event,
    lane: laneOf(way, place),
    account: place.kind === 'shared' ? '' : place.account,
    key: null,
    body: JSON.stringify(owed),
    origin: null,
    state: 'ready',
    attempts: 0,
    notBefore: 0,
    expires: time.now + time.expiry,
    at: parts.clock.now(),
    charges: null,
    owed,
  };
}
