import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import {
  GuardFailed,
  type Journaled,
  type NewRow,
  type Statement,
  type Store,
  StoreUnavailable,
  type UnitResult,
} from '#src/store/index.ts';
import type { Life, LifeEffect } from './life.ts';
import { failedPiece, type Lane, type OwedRow } from './rows.ts';
import type { RunningTime } from './running.ts';

/** What waits to be written with whatever is written next. `done` comes after the commit. */
export type Cut = { readonly statements: readonly Statement[]; restore(): void; done?(): void };

export type Commit = {
  /**
   * Writes the statements in one unit with all that waits, and resolves with the results of the statements once that is
   * durable. Rejects as `Store.unit`; then nothing was written, and what waited waits on.
   */
  write(statements: readonly Statement[]): Promise<UnitResult>;
  /** One more that has something to write along. */
  join(source: () => Cut): void;
};

/** One unit for what belongs together: events, their ids on both sides, the archive, and what is owed to XMPP. */
export function openCommit(store: Pick<Store, 'unit'>): Commit {
  const sources: (() => Cut)[] = [];
  let last: Promise<void> = Promise.resolve();
  return {
    join: (source) => void sources.push(source),
    write(statements) {
      const cuts = sources.map((cut) => cut());
      const all = [...statements, ...cuts.flatMap((cut) => cut.statements)];
      if (all.length === 0) return last.then(() => []);
      const written = store.unit(all).then(
        (results) => {
          for (const cut of cuts) cut.done?.();
          return results.slice(0, statements.length);
        },
        (error: unknown) => {
          for (const cut of cuts) cut.restore();
          throw error;
        },
      );
      last = written.then(
        () => undefined,
        () => undefined,
      );
      return written;
    },
  };
}

export type RowsParts = {
  readonly store: Store;
  readonly commit: Commit;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a message to a user of another server may come back, in ms. */
  readonly returns: number;
};

/** The rows of the journal as this process owns them. */
export type Rows = {
  /** The epoch under which this process owns rows. Rejects when the store is away. */
  owner(): Promise<number>;
  readonly epoch: number;
  /** Gateway time: of what may come back for longer than until then, an error may have met no gateway and no link. */
  unheard(): number;
  /** The next rows of a lane, in order. Undefined when the store will not give any. */
  claim(lane: Lane, max: number): Promise<readonly Journaled[] | undefined>;
  claimTaken(event: EventId): Promise<Journaled | undefined>;
  /** Writes all that waits to be written with something, in one unit. Rejects as `Store.unit`; then it waits on. */
  writeWaiting(): Promise<unknown>;
  /**
   * Writes until the store takes it, after what was written of the row before. `then` follows the commit. What the store
   * refuses is tried again, too: what it minds may be something that was only written along, and is not there any more.
   */
  write(row: OwedRow, statements: () => readonly Statement[], then: (results: UnitResult) => void): void;
  /** What an effect changes of the row. */
  effect(row: OwedRow, life: Life, effect: LifeEffect): readonly Statement[];
  /** Resolves once what was written of an row is in the store. Rejects with a `Failure` as soon as that refuses it. */
  written(row: OwedRow): Promise<void>;
  /** Resolves when nothing is being written. */
  flush(): Promise<void>;
  /** From now on nothing is tried again: what waits for that is tried at once, for the last time. */
  stop(): void;
};

/** Ms after which a store that was away is tried again, and the longest wait for one that has refused. */
const RETRY = 1000;
const LONGEST = 300_000;
/** Ms: errors come within 92 s, and a link that carries nothing is noticed after 45 s. */
const UNHEARD = 180_000;

export function openRows({ store, commit, time, clock, log, returns }: RowsParts): Rows {
  const writing = new Set<Promise<void>>();
  const sleepers = new Set<() => void>();
  let stopped = false;
  let epoch = 0;
  let owning: Promise<number> | undefined;

  const unheard = (): number => time.now() + Math.max(0, returns - UNHEARD);

  async function takeOver(): Promise<number> {
    time.start();
    // Nobody was there to hear what came back.
    const reopened = store.journal.reopen(unheard(), clock.now());
    const [taken] = await store.unit([store.journal.takeOver(), reopened]);
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

  /** Whoever waits for something to be written hears that the store has refused it, though it is tried again. */
  function refuse(row: OwedRow): void {
    row.refused ??= withRefusal();
    row.refused.reject(new Failure('queue-full', { text: texts.cannotKeep }));
  }

  return {
    owner,
    unheard,
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
    writeWaiting: () => owner().then(() => commit.write([])),
    write(row, statements, then) {
      const work = row.written
        .then(() => persist(statements, () => refuse(row)))
        .then((results) => {
          if (!results) return refuse(row);
          // Whoever waits for what comes after this write must hear of that, too.
          row.refused = undefined;
          then(results);
        })
        .catch((err: unknown) => log.error({ err }, 'what was delivered could not be followed up'));
      row.written = work;
      writing.add(work);
      void work.then(() => writing.delete(work));
    },
    effect({ id, piece }, life, effect) {
      const change = { id, epoch, changed: clock.now() };
      if (effect.do === 'step') return [store.journal.step({ ...life, ...change, note: effect.note })];
      if (effect.do === 'end') {
        const { outcome, note, certain, failure } = effect;
        const origin = failure && piece && { origin: failedPiece(piece, failure) };
        return [store.journal.end({ ...change, outcome, note, doubted: !certain, ...origin })];
      }
      return [];
    },
    written(row) {
      row.refused ??= withRefusal();
      return Promise.race([row.refused.promise, row.written]);
    },
    async flush() {
      while (writing.size > 0) await Promise.all([...writing]);
    },
    stop() {
      stopped = true;
      for (const wake of [...sleepers]) wake();
    },
  };
}

function withRefusal(): PromiseWithResolvers<never> {
  const made = Promise.withResolvers<never>();
  // Most of the time nobody waits.
  made.promise.catch(() => undefined);
  return made;
}

/** Ms between two questions to a store that is away. */
const AGAIN = 1000;

export type DoubtParts = {
  readonly store: Pick<Store, 'journal'>;
  readonly clock: Clock;
  /** Whether a store that is away is waited for. */
  patient(): boolean;
};

/**
 * The line to the store broke while it committed: whether the row is there after all. Asks until the store answers, so
 * that its sender is told the truth. Rejects with StoreUnavailable when that is not waited for.
 */
export async function cameThrough({ store, clock, patient }: DoubtParts, row: NewRow): Promise<boolean> {
  for (;;) {
    try {
      return (await store.journal.byEvent(row.event)) !== undefined;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !patient()) throw error;
      await new Promise<void>((resolve) => clock.after(AGAIN, resolve));
    }
  }
}
