import type { Log } from '#src/lib/log.ts';
import type { Statement, Store } from '#src/store/index.ts';

export type BatchParts<Row> = {
  readonly store: Pick<Store, 'unit'>;
  readonly log: Log;
  /** What the rows are, for the log. */
  readonly what: string;
  statements(rows: readonly Row[]): readonly Statement[];
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

/** Empty. A batch is cut in a later turn than its first row: what comes until then goes along. */
export function openBatch<Row>({ store, log, what, statements }: BatchParts<Row>): Batch<Row> {
  let waiting: Row[] = [];
  let writing: Promise<void> | undefined;
  let dropped = 0;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST);
      waiting = waiting.slice(MOST);
      await store.unit(statements(batch)).catch((err: unknown) => {
        log.error({ err, rows: batch.length }, `${what} could not be written`);
      });
    }
    writing = undefined;
  }

  function start(): Promise<void> {
    writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(drain);
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
      if (waiting.length > 0) await start();
      await writing;
    },
  };
}
