import { workerData } from 'node:worker_threads';
import { noteOf, openDatabase } from './sqlite-database.ts';
import { serveThread } from './thread.ts';
import type { Outcome, Query } from './unit.ts';

/** What the reader is asked: a group of queries, or to close the file. */
export type ReaderAsk = { readonly queries: readonly Query<unknown>[] } | 'close';
/** One outcome with one result per query. */
export type ReaderAnswer = readonly Outcome[];

const { file }: { file: string } = workerData;

serveThread<ReaderAsk, ReaderAnswer>(() => {
  const { db, run } = openDatabase(file, true);
  const read = ({ sql, params }: Query<unknown>): Outcome => {
    try {
      return { results: [run(sql, params)] };
    } catch (error) {
      return { failure: noteOf(error, 0) };
    }
  };
  return (ask) => {
    if (ask !== 'close') return ask.queries.map(read);
    db.close();
    return [];
  };
});
