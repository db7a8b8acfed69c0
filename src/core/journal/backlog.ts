import type { Settling } from '#src/core/way/settle.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { durableRow, type FreshRow, type Lane, type OwedRow, placeOf } from './rows.ts';
import type { Rows } from './shelf.ts';

export type BacklogParts = {
  readonly store: Pick<Store, 'journal'>;
  readonly rows: Pick<Rows, 'written' | 'claim'>;
  readonly clock: Clock;
  readonly lanes: Map<string, Lane>;
  readonly settling: Pick<Settling, 'inHand' | 'remember' | 'forget' | 'apply'>;
  readonly log: Log;
  /** Whether there is a transport of that domain. */
  serves(domain: string): boolean;
  /** The lane of that key, of which the store may have more. */
  lane(key: string): Lane;
  /** Puts a row into its lane that became durable. */
  take(lane: Lane, row: FreshRow): void;
  pump(lane: Lane): void;
};

/** Lanes that are in hand at a time, and that are looked up at once. */
const LANES = 500;
const PAGE = 50;
/** Rows of a lane that are read at once. */
const ROWS = 50;
/** Ms between two looks at what cannot go: without a word that it may, and after one. */
const AGAIN = 60_000;
const SOON = 1000;

/** What an earlier run owed, some lanes at a time: those that cannot go make room for others, and come again. */
export function openBacklog({ store, rows, clock, lanes, settling, log, ...parts }: BacklogParts) {
  /** Rows with smaller ids are of earlier runs. */
  const own = store.journal.nextId();
  const unserved = new Set<string>();
  let left = true;
  let stopped = false;
  let aside = false;
  let roomFor: (() => void) | undefined;
  let wake: (() => void) | undefined;

  /** Takes out of memory a lane that waits for its side, or for time. False where all of them are under way. */
  async function makeRoom(): Promise<boolean> {
    for (const lane of lanes.values()) {
      if (!waits(lane)) continue;
      // What is in the store is what is read again.
      const kept = await Promise.allSettled(lane.rows.map(rows.written));
      if (kept.some(({ status }) => status === 'rejected') || !waits(lane) || lanes.get(lane.key) !== lane) continue;
      lane.cancel?.();
      for (const row of lane.rows) settling.forget(row);
      lanes.delete(lane.key);
      aside = true;
      return true;
    }
    return false;
  }

  async function take(key: string): Promise<void> {
    while (lanes.size >= LANES && !stopped && !(await makeRoom()))
      await new Promise<void>((resolve) => (roomFor = resolve));
    if (!stopped) await load(parts.lane(key));
  }

  /** Reads the next rows of a lane. */
  function load(lane: Lane): Promise<void> {
    lane.loading ??= page(lane).finally(() => {
      lane.loading = undefined;
      // In the same turn, not in that of the page: what is pushed between the two would be seen by nobody.
      for (const row of lane.late.splice(0)) parts.take(lane, row);
      parts.pump(lane);
    });
    return lane.loading;
  }

  async function page(lane: Lane): Promise<void> {
    const found = (await rows.claim(lane, ROWS)) ?? [];
    lane.more = found.length === ROWS;
    for (const stored of found) {
      lane.last = stored.id;
      // Its end is on its way to the store.
      if (settling.inHand(stored.event)) continue;
      const row = durableRow(stored, lane);
      if (!isServed(row)) continue;
      settling.remember(row);
      lane.rows.push(row);
      // One of this run was added as tried, and nobody has begun with it.
      if (stored.state === 'flight' && stored.id < own) settling.apply(row, { on: 'orphaned' });
    }
  }

  /** What is owed by or to a transport that the config has no more waits in the store until it is back, and holds up no other. */
  function isServed({ owed }: OwedRow): boolean {
    const transport = placeTransport(placeOf(owed));
    if (parts.serves(transport)) return true;
    if (!unserved.has(transport))
      log.warn(
        { transport },
        'the config has no such transport: what is owed there waits until it is back, or for "isthmus queue drop"',
      );
    unserved.add(transport);
    return false;
  }

  async function sweep(): Promise<void> {
    for (let after = ''; !stopped; ) {
      const keys = await store.journal.lanes(after, PAGE);
      for (const key of keys) if (!lanes.has(key)) await take(key);
      const last = keys.at(-1);
      if (keys.length < PAGE || last === undefined) return;
      after = last;
    }
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      wake = () => {
        cancel();
        wake = undefined;
        clock.after(SOON, resolve);
        if (stopped) resolve();
      };
    });

  return {
    load,
    /** Reads on where little of a lane is in hand. */
    readOn: (lane: Lane) => (!stopped && lane.more && lane.rows.length < ROWS / 2 ? load(lane) : undefined),
    /** Resolves once every lane is in hand, or with the stop. */
    async run(): Promise<void> {
      for (;;) {
        aside = false;
        await sweep();
        if (stopped || !aside) break;
        await pause(AGAIN);
      }
      left = stopped;
    },
    /** Whether lanes that are not in memory may owe something. */
    left: (): boolean => left,
    /** A lane is through. */
    closed(): void {
      if (lanes.size < LANES) roomFor?.();
    },
    /** What waits may be able to go now. */
    woken(): void {
      roomFor?.();
      wake?.();
    },
    stop(): void {
      stopped = true;
      roomFor?.();
      wake?.();
    },
  };
}

/** What is in memory alone would be lost. */
const waits = ({ loading, rows, coming, cancel }: Lane): boolean =>
  !loading &&
  cancel !== undefined &&
  coming.length === 0 &&
  rows.length > 0 &&
  rows.every(({ kept, busy, doubt }) => kept && !busy && !doubt);
