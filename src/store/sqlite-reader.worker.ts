import { workerData } from 'node:worker_threads';
import { openDatabase } from './sqlite-database.ts';
import { type Answer, answerQueries, nothing } from './sqlite-queries.ts';
import { serveThread } from './thread.ts';
import type { Query } from './unit.ts';

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
