import { backup } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';

/** What is done once with a whole file: copied into a new one, or looked over for damage. */
export type CareTask =
  | { readonly do: 'copy'; readonly file: string; readonly to: string }
  | { readonly do: 'check'; readonly file: string; readonly full: boolean };
/** What comes back: how far it is, in pages, and then what is wrong with the file, or why nothing can be said. */
export type CareMessage =
  | { readonly done: number; readonly total: number }
  | { readonly wrong: readonly string[] }
  | { readonly failed: string };

/** Pages that are copied between two reports. */
const PAGES = 1000;

const task: CareTask = workerData;
const tell = (message: CareMessage): void => parentPort?.postMessage(message);

function wrongWith(file: string, full: boolean): string[] {
  const { db } = openDatabase(file, true);
  try {
    const pragma = full ? 'integrity_check' : 'quick_check';
    const lines = db.prepare(`pragma ${pragma}`).all().flatMap(Object.values).map(String);
    const orphans = full ? db.prepare('pragma foreign_key_check').all() : [];
    return [
      ...lines.filter((line) => line !== 'ok'),
      ...orphans.map(({ table, parent }) => `a row of ${table} belongs to none of ${parent}`),
    ];
  } finally {
    db.close();
  }
}

/**
 * The state of one moment, however much is written meanwhile: a copy begins anew where another connection has changed
 * the file (sqlite.org/c3ref/backup_finish.html), and a transaction that reads keeps it from seeing that.
 */
async function copy(file: string, to: string): Promise<void> {
  const { db } = openDatabase(file, true);
  try {
    db.exec('begin');
    db.prepare('select count(*) from sqlite_schema').get();
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }): void =>
      tell({ done: totalPages - remainingPages, total: totalPages });
    await backup(db, to, { rate: PAGES, progress });
  } finally {
    db.close();
  }
  // One file that holds everything, without a log beside it.
  const written = openDatabase(to, false);
  written.db.exec('pragma journal_mode = delete');
  written.db.close();
}

try {
  if (task.do === 'copy') await copy(task.file, task.to);
  tell({ wrong: task.do === 'copy' ? wrongWith(task.to, false) : wrongWith(task.file, task.full) });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
}
