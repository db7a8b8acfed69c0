import { workerData } from 'node:worker_threads';
import { serveThread } from '#src/store/thread.ts';
import type { Query } from '#src/store/unit.ts';
import { openDatabase } from './database.ts';
import { type Answer, answerQueries, nothing } from './queries.ts';

/** What the reader is asked: a group of queries, or to close the file. */
export type ReaderAsk = { readonly queries: readonly Query<unknown>[] } | 'close';

const { file }: { file: string } = workerData;

serveThread<ReaderAsk, Answer>(() => {
  const database = openDatabase(file, true);
  return (ask) => {
    if (ask !== 'close') return answerQueries(database, ask.queries);
    database.db.close();
    return nothing;
  };
});
