import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { EventId } from '#src/model/ids.ts';
import {
  GuardFailed,
  type Journaled,
  type Statement,
  type Store,
  StoreUnavailable,
  type UnitResult,
} from '#src/store/index.ts';
import type { Commit } from './commit.ts';
import type { Item, Lane } from './delivery-lane.ts';
import type { Life, LifeEffect } from './life.ts';
import { failedJourney } from './owed.ts';
import { openRefusals } from './refusals.ts';
import type { RunningTime } from './running.ts';

export type RowsParts = {
  readonly store: Store;
  readonly commit: Commit;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
};

/** The rows of the journal as this process owns them. */
export type Rows = {
  /** The epoch under which this process owns rows. Rejects when the store is away. */
  owner(): Promise<number>;
  readonly epoch: number;
  /** The next rows of a lane, in order. Undefined when the store will not give any. */
  claim(lane: Lane, max: number): Promise<readonly Journaled[] | undefined>;
  claimTaken(event: EventId): Promise<Journaled | undefined>;
  /**
   * Writes until the store takes it, after what was written of the item before. `then` follows the commit. What the store
   * refuses is tried again, too: what it minds may be something that was only written along, and is not there any more.
   */
  write(item: Item, statements: () => readonly Statement[], then: (results: UnitResult) => void): void;
  /** What an effect changes of the item's row. */
  effect(item: Item, life: Life, effect: LifeEffect): readonly Statement[];
  /** Resolves once what was written of an item is in the store. Rejects with a `Failure` as soon as that refuses it. */
  written(item: Item): Promise<void>;
  /** Resolves when nothing is being written. */
  flush(): Promise<void>;
  /** From now on nothing is tried again: what waits for that is tried at once, for the last time. */
  stop(): void;
};

/** Ms after which a store that was away is tried again, and the longest wait for one that has refused. */
const RETRY = 1000;
const LONGEST = 300_000;

export function openRows({ store, commit, time, clock, log }: RowsParts): Rows {
  const writing = new Set<Promise<void>>();
  const refusals = openRefusals<Item>();
  const sleepers = new Set<() => void>();
  let stopped = false;
  let epoch = 0;
  let owning: Promise<number> | undefined;

  async function takeOver(): Promise<number> {
    await time.start();
    const [taken] = await store.unit([store.journal.takeOver()]);
    epoch = Number(taken?.rows[0]?.next);
    return epoch;
  }

  function owner(): Promise<number> {
    owning ??= takeOver().catch((error: unknown) => {
      owning = undefined;
      throw error;
    });
    return owning;
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        sleepers.delete(wake);
        resolve();
      };
      const cancel = clock.after(ms, wake);
      sleepers.add(wake);
    });

  /** Ms after which a write that failed is tried again, if it is. */
  function next(err: unknown, wait: number): number | undefined {
    // A row that is another's is not ours to write, now or later.
    const again = !stopped && !(err instanceof GuardFailed);
    const what =
      err instanceof GuardFailed ? 'a row of the journal has another owner' : 'the journal could not be written';
    log.error({ err, again }, what);
    if (!again) return undefined;
    return err instanceof StoreUnavailable ? RETRY : wait;
  }

  async function persist(
    statements: () => readonly Statement[],
    refused: () => void = () => undefined,
  ): Promise<UnitResult | undefined> {
    let doubt = false;
    for (let wait = RETRY; ; wait = Math.min(2 * wait, LONGEST)) {
      try {
        await owner();
        return await commit.write(statements());
      } catch (err) {
        // The line broke while it committed: what cannot be done a second time has been done.
        if (doubt && err instanceof GuardFailed) return statements().map(() => ({ rows: [], changed: 1 }));
        doubt ||= err instanceof StoreUnavailable && !err.certain;
        const ms = next(err, wait);
        if (!(err instanceof StoreUnavailable)) refused();
        if (ms === undefined) return undefined;
        await pause(ms);
      }
    }
  }

  return {
    owner,
    get epoch() {
      return epoch;
    },
    async claim({ key: lane, last: after }, max) {
      const results = await persist(() => [store.journal.claim({ lane, after, max, epoch })]);
      return results && store.journal.rowsOf(results[0]?.rows ?? []);
    },
    async claimTaken(event) {
      await owner();
      const [claimed] = await store.unit([store.journal.claimTaken(event, epoch)]);
      return store.journal.rowsOf(claimed?.rows ?? [])[0];
    },
    write(item, statements, then) {
      const work = item.written
        .then(() => persist(statements, () => refusals.refuse(item)))
        .then((results) => {
          if (!results) return refusals.refuse(item);
          refusals.accept(item);
          then(results);
        })
        .catch((err: unknown) => log.error({ err }, 'what was delivered could not be followed up'));
      item.written = work;
      writing.add(work);
      void work.then(() => writing.delete(work));
    },
    effect({ row, journey }, life, effect) {
      const change = { id: row.id, epoch, changed: clock.now() };
      if (effect.do === 'step') return [store.journal.step({ ...life, ...change, note: effect.note })];
      if (effect.do === 'end') {
        const { outcome, note, certain, failure } = effect;
        const origin = failure && journey && { origin: failedJourney(journey, failure) };
        return [store.journal.end({ ...change, outcome, note, doubted: !certain, ...origin })];
      }
      return [];
    },
    written: (item) => refusals.unless(item, item.written),
    async flush() {
      while (writing.size > 0) await Promise.all([...writing]);
    },
    stop() {
      stopped = true;
      for (const wake of [...sleepers]) wake();
    },
  };
}
