import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Laboratory } from '../laboratory.ts';
import { type Fault, underLoad } from './fault.ts';

const run = promisify(execFile);

/** How long a store is away, in ms: longer than SQLite itself waits for a lock. */
const AWAY = 4000;
/** Blocks of 512 bytes: the log of SQLite is full before it is written back. */
const LITTLE = 3000;

/** What has been acknowledged and answered while nothing could be kept must be nothing. */
async function nothingKept(lab: Laboratory, what: string): Promise<object> {
  // What was kept before is acknowledged before the first complaint, or right behind it.
  await lab.until('a complaint', () => lab.complaints().some((line) => line.includes('the store is unavailable')));
  await delay(AWAY / 4);
  const { figures } = lab.ledger;
  const [waiting, told, refused] = [lab.load.unacknowledged(), figures.told, figures.heard];
  await delay(AWAY);
  const acknowledged = figures.told - told - (lab.load.unacknowledged() - waiting);
  if (acknowledged > 0) lab.ledger.violate(`${acknowledged} messages were acknowledged while ${what}`);
  return { waiting: lab.load.unacknowledged(), refused: figures.heard - refused };
}

/** Another program holds the write lock of the file. */
export const databaseLocked: Fault = {
  summary: 'another program holds the write lock of the database',
  async run(lab) {
    await underLoad(lab);
    await delay(500);
    const db = new DatabaseSync(lab.store.replace('sqlite:', ''), { timeout: 10_000 });
    db.exec('begin immediate');
    const figures = await nothingKept(lab, 'the database was locked');
    db.exec('rollback');
    db.close();
    await delay(1000);
    return figures;
  },
};

/**
 * Writes fail for want of room. The limit on the size of a file stands for a full disk: it needs no rights, and the
 * system fails the write in the same place (EFBIG for ENOSPC, setrlimit(2)).
 */
export const diskFull: Fault = {
  summary: 'files cannot grow any more, until there is room again',
  async run(lab) {
    await lab.start({ fileBlocks: LITTLE });
    await lab.load.register();
    await lab.until('the lines of the users', lab.load.online);
    lab.load.begin();
    const figures = await nothingKept(lab, 'the disk was full');
    await run('prlimit', ['--pid', String(lab.child.pid), '--fsize=unlimited']);
    await delay(1000);
    return figures;
  },
};

/** PostgreSQL ends as in a power cut, and comes back. */
export const postgresRestart: Fault = {
  summary: 'PostgreSQL ends at once, and is started again after a while',
  store: 'postgres',
  async run(lab, { postgres }) {
    if (!postgres) throw new Error('this needs --store postgres');
    await underLoad(lab);
    await delay(500);
    await postgres.stop();
    const figures = await nothingKept(lab, 'PostgreSQL was away');
    await postgres.start();
    await delay(1000);
    return figures;
  },
};
