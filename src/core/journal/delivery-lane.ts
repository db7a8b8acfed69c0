import type { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import type { Journaled, NewRow } from '#src/store/index.ts';
import type { Life } from './life.ts';
import type { Journey, Owed } from './owed.ts';

/** One row in hand. */
export type Item = {
  readonly row: Journaled;
  readonly lane: Lane;
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
  readonly ids: ForeignId[];
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
  readonly late: NewRow[];
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

export const itemOf = (row: Journaled, lane: Lane): Item => ({
  row,
  lane,
  owed: JSON.parse(row.body === '' ? 'null' : row.body) as Owed,
  journey: row.origin === null ? undefined : (JSON.parse(row.origin) as Journey),
  life: row,
  busy: false,
  doubt: undefined,
  pending: new Set(),
  known: new Set(),
  ids: [],
  written: Promise.resolve(),
});

/** Whether something is still to be done about a row. */
export const isOwed = ({ state }: Pick<Life, 'state'>): boolean => state === 'ready' || state === 'flight';

/** How many of a lane are under way, if nothing of it waits. */
export const underWay = ({ items, more, loading }: Lane): number | undefined =>
  !more && !loading && items.every(({ busy }) => busy) ? items.length : undefined;
