import type { DatabaseSync } from 'node:sqlite';
import { sqliteDialect } from '#src/store/engine.ts';
import { type Migration, missingSteps, versionTable } from '#src/store/migrations.ts';

/**
 * Brings the schema up to the newest version, each step in a transaction of its own: a process that is killed on the
 * way leaves a whole older version. Throws StoreRefused when the file is of a newer program.
 */
export function migrateSqlite(db: DatabaseSync, steps: readonly Migration[]): void {
  db.exec(versionTable);
  for (const step of missingSteps(versionOf(db), steps, sqliteDialect)) {
    db.exec('begin immediate');
    try {
      for (const statement of step) db.exec(statement);
      db.exec('commit');
    } catch (error) {
      if (db.isTransaction) db.exec('rollback');
      throw error;
    }
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('select max(version) as version from schema_version').get()?.version ?? 0);
}
