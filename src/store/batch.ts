import type { Log } from '#src/lib/log.ts';
import type { Statement, Store } from './index.ts';
import { StoreUnavailable } from './unit.ts';

export type BatchParts<Row> = {
  readonly store: Pick<Store, 'unit'>;
  readonly log: Log;
  /** What the rows are, for the log. */
  readonly what: string;
  statements(rows: readonly Row[]): readonly Statement[];
  /**
   * Writes what `cut` gives, with what it must not be durable without. Rejects as `Store.unit`. Where it is left out, rows are
   * written by themselves.
   */
  together?(): Promise<unknown>;
};

/** Rows that are written off the path of the messages, in the order in which they came. */
export type Batch<Row> = {
  put(row: Row): void;
  /** Takes out all that waits: its statements are the caller's to write, `restore` is for when that failed. */
  cut(): { readonly statements: readonly Statement[]; restore(): void };
  /** Resolves once everything that was put is written, or was given up and logged. */
  flush(): Promise<void>;
};

/** Rows that are written in one unit, and that may wait for it (the rest is dropped and logged). */
const MOST = 1000;
const WAITING = 100_000;
/** Milliseconds for which rows are gathered before a batch is cut: a unit of one row costs as much as one of many. */
const GATHER = 50;
/** Ms after which a store that was away is tried again. */
const AGAIN = 1000;

/** Empty. What comes while the first row waits goes along with it; whoever flushes does not wait for that. */
export function openBatch<Row>({ store, log, what, statements, together }: BatchParts<Row>): Batch<Row> {
  let waiting: Row[] = [];
  let writing: Promise<void> | undefined;
  let dropped = 0;
  /** Ends the gathering. */
  let hurry = (): void => undefined;

  /** Whether what waited has been written with what belongs to it. Nothing is written without that while the store is away. */
  async function writtenTogether(): Promise<boolean | 'away'> {
    if (!together) return false;
    try {
      await together();
      return true;
    } catch (err) {
      log.error({ err }, `${what} could not be written yet`);
      // What the store refuses may be of others.
      return err instanceof StoreUnavailable ? 'away' : false;
    }
  }

  /** What the store does not take costs no row but its own. Resolves with the rows for which the store was away. */
  async function write(batch: readonly Row[]): Promise<readonly Row[]> {
    try {
      await store.unit(statements(batch));
    } catch (err) {
      // As `checkParams` refuses what cannot be stored.
      if (batch.length > 1 && err instanceof TypeError) {
        const half = batch.length >> 1;
        const left = await write(batch.slice(0, half));
        return left.length > 0 ? [...left, ...batch.slice(half)] : write(batch.slice(half));
      }
      const away = err instanceof StoreUnavailable;
      log.error({ err, rows: batch.length }, `${what} could not be written${away ? ' yet' : ''}`);
      if (away) return batch;
    }
    return [];
  }

  async function writtenAlone(): Promise<true | 'away'> {
    const batch = waiting.slice(0, MOST);
    waiting = waiting.slice(MOST);
    const left = await write(batch);
    waiting = [...left, ...waiting];
    return left.length === 0 || 'away';
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      if (((await writtenTogether()) || (await writtenAlone())) !== 'away') continue;
      setTimeout(() => waiting.length > 0 && start(), AGAIN).unref();
      break;
    }
    writing = undefined;
  }

  function gathered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function start(): Promise<void> {
    writing ??= gathered().then(drain);
    return writing;
  }

  return {
    put(row) {
      if (waiting.length >= WAITING) {
        if (dropped++ % WAITING === 0) log.error({ dropped }, `the store is too slow: ${what} are not written`);
        return;
      }
      waiting.push(row);
      void start();
      if (waiting.length >= MOST) hurry();
    },
    cut() {
      const rows = waiting;
      waiting = [];
      return {
        statements: rows.length === 0 ? [] : statements(rows),
        restore() {
          waiting = [...rows, ...waiting];
          if (waiting.length > 0) void start();
        },
      };
    },
    async flush() {
      if (waiting.length > 0) void start();
      hurry();
      await writing;
    },
  };
}
