import type { Log } from '#src/lib/log.ts';
import { type StoreThread, startThread } from '#src/store/thread.ts';
import type { StoreQuery } from '#src/store/unit.ts';
import type { QueryAnswer } from './queries.ts';
import type { ReaderAsk } from './reader.worker.ts';
import type { PackedOutcome } from './wire.ts';

/** Milliseconds of one query from which on it is worth 10 MB of memory that nobody who writes waits for the next. */
const SLOW = 100;

export type SqliteReading = AsyncDisposable & {
  outcomes(queries: readonly StoreQuery<unknown>[]): Promise<readonly PackedOutcome[]>;
};

/** Reads in the thread that writes until a query was slow; from then on in a thread of its own. */
export function openReading(
  file: string,
  writer: Pick<StoreThread<ReaderAsk, QueryAnswer>, 'ask'>,
  log: Log,
): SqliteReading {
  let own: StoreThread<ReaderAsk, QueryAnswer> | undefined;
  let starting: Promise<void> | undefined;

  async function start(): Promise<void> {
    try {
      own = await startThread<ReaderAsk, QueryAnswer>('#src/store/sqlite/reader.worker.ts', { file }, log);
    } catch (err) {
      log.error({ err }, 'a thread that reads the store could not be started');
    }
  }

  return {
    async outcomes(queries) {
      const { outcomes, slowest } = await (own ?? writer).ask({ queries });
      if (slowest > SLOW) starting ??= start();
      return outcomes;
    },
    async [Symbol.asyncDispose]() {
      await starting;
      await own?.ask('close');
      await own?.[Symbol.asyncDispose]();
    },
  };
}
