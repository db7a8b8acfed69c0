import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { type Heart, watchHeart } from '#src/lib/time/stall.ts';
import { migrations } from '#src/store/migrations.ts';
import { serveThread } from '#src/store/thread.ts';
import { StoreRefused, StoreUnavailable } from '#src/store/unit.ts';
import { isSqliteError, openDatabase } from './database.ts';
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

/** Throws StoreRefused where the file is of a newer or another program, or cannot be written to. */
function prepare(db: DatabaseSync): void {
  try {
    refuseForeign(db);
    db.exec('pragma journal_mode = wal');
    db.exec('pragma synchronous = full');
    // A page that changes all the time goes into the file once for so many pages of the log: 16 MB, read again after a kill.
    db.exec('pragma wal_autocheckpoint = 4000');
    db.exec('pragma foreign_keys = on');
    db.exec('pragma secure_delete = on');
    migrateSqlite(db, migrations);
  } catch (error) {
    if (error instanceof StoreRefused || !isSqliteError(error)) throw error;
    throw new StoreRefused(`the store ${file} cannot be opened: ${error.message}`);
  }
}

/** Nothing is added to the tables of somebody else. */
function refuseForeign(db: DatabaseSync): void {
  const names = db
    .prepare("select name from sqlite_schema where type = 'table'")
    .all()
    .map(({ name }) => name);
  if (names.length > 0 && !names.includes('schema_version'))
    throw new StoreRefused(`the store ${file} is a database of another program: it has the table ${names[0]}`);
}

serveThread<WriterAsk, QueryAnswer>(() => {
  const database = openDatabase(file, false);
  const { db } = database;
  prepare(db);
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
