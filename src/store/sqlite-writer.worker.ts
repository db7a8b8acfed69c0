import { workerData } from 'node:worker_threads';
import { migrations } from './migrations.ts';
import { openDatabase } from './sqlite-database.ts';
import { migrateSqlite } from './sqlite-migrate.ts';
import { runGroup } from './sqlite-units.ts';
import { openUnpacker, type PackedOutcome, type PackedUnits, packOutcome } from './sqlite-wire.ts';
import { serveThread } from './thread.ts';
import { StoreUnavailable } from './unit.ts';

/** What the writer is asked: to do a group of units, to empty the write-ahead log, or to close the file. */
export type WriterAsk = PackedUnits | 'scrub' | 'close';
/** One outcome per unit. */
export type WriterAnswer = readonly PackedOutcome[];

const { file }: { file: string } = workerData;

serveThread<WriterAsk, WriterAnswer>(() => {
  const database = openDatabase(file, false);
  const { db } = database;
  db.exec('pragma journal_mode = wal');
  db.exec('pragma synchronous = full');
  // A page that changes all the time goes into the file once for so many pages of the log: 16 MB, read again after a kill.
  db.exec('pragma wal_autocheckpoint = 4000');
  db.exec('pragma foreign_keys = on');
  db.exec('pragma secure_delete = on');
  migrateSqlite(db, migrations);
  const unpack = openUnpacker();
  return (ask) => {
    if (ask === 'close') db.close();
    else if (ask === 'scrub') scrub();
    else return runGroup(database, unpack(ask)).map(packOutcome);
    return [];
  };

  /** SECURITY rule 12: what secure_delete has overwritten is still in the log until a checkpoint has emptied it. */
  function scrub(): void {
    const row = db.prepare('pragma wal_checkpoint(truncate)').get();
    if (row?.busy !== 0) throw new StoreUnavailable('somebody reads old pages, so that the log cannot be emptied');
  }
});
