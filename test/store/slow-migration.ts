// Begins a migration that never ends, and says so when it is in the middle.
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { migrations } from '#src/store/migrations.ts';
import { migrateSqlite } from '#src/store/sqlite/migrate.ts';

const db = new DatabaseSync(process.argv[2] ?? '');
db.function('wait_for_the_end', () => {
  writeSync(1, 'halfway\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return 0;
});
db.exec('pragma journal_mode = wal');
migrateSqlite(db, migrations);
migrateSqlite(db, [...migrations, () => ['create table halfway (a integer)', 'select wait_for_the_end()']]);
