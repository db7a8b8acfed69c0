import { workerData } from 'node:worker_threads';
import { type Heart, watchHeart } from '#src/lib/time/stall.ts';
import { migrations } from '#src/store/migrations.ts';
import { serveThread } from '#src/store/thread.ts';
import { StoreUnavailable } from '#src/store/unit.ts';
import { openDatabase } from './database.ts';
import { migrateSqlite } from './migrate.ts';
import { answerQueries, nothing, type QueryAnswer } from './queries.ts';
import type { ReaderAsk } from './reader.worker.ts';
import { runGroup } from './units.ts';
import { openUnpacker, type PackedUnits, packOutcome } from './wire.ts';

/** What the writer is asked: what the reader is, to do a group of units, or to empty the write-ahead log. */
export type WriterAsk = ReaderAsk | PackedUnits | 'scrub';
/** The file, and the main loop to watch beside the work. */
export type WriterData = { readonly file: string; readonly heart: Heart | undefined };

const { file, heart }: WriterData = workerData;

serveThread<WriterAsk, QueryAnswer>(() => {
  const database = openDatabase(file, false);
  const { db } = database;
  db.exec('pragma journal_mode = wal');
  db.exec('pragma synchronous = full');
  // A page that changes all the time goes into the file once for so many pages of the log: 16 MB, read again after a kill.
  db.exec('pragma wal_autocheckpoint = 4000');
  db.exec('pragma foreign_keys = on');
  db.exec('pragma secure_delete = on');
  migrateSqlite(db, migrations);
  const reading = openDatabase(file, true);
  const unpack = openUnpacker();
  if (heart) watchHeart(heart);
  return (ask) => {
    if (ask === 'close') close();
    else if (ask === 'scrub') scrub();
    else if ('queries' in ask) return answerQueries(reading, ask.queries);
    else return { outcomes: runGroup(database, unpack(ask)).map(packOutcome), slowest: 0 };
    return nothing;
  };

  function close(): void {
    reading.db.close();
    db.close();
  }

  /** SECURITY rule 12: what secure_delete has overwritten is still in the log until a checkpoint has emptied it. */
  function scrub(): void {
    const row = db.prepare('pragma wal_checkpoint(truncate)').get();
    if (row?.busy !== 0) throw new StoreUnavailable('somebody reads old pages, so that the log cannot be emptied');
  }
});
