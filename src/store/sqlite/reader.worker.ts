import { workerData } from 'node:worker_threads';
import { serveThread } from '#src/store/thread.ts';
import type { StoreQuery } from '#src/store/unit.ts';
import { openDatabase } from './database.ts';
import { answerQueries, nothing, type QueryAnswer } from './queries.ts';

/** What the reader is asked: a group of queries, or to close the file. */
export type ReaderAsk = { readonly queries: readonly StoreQuery<unknown>[] } | 'close';

const { file }: { file: string } = workerData;

serveThread<ReaderAsk, QueryAnswer>(() => {
  const database = openDatabase(file, true);
  return (ask) => {
    if (ask !== 'close') return answerQueries(database, ask.queries);
    database.db.close();
    return nothing;
  };
});
