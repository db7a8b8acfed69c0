import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '#src/lib/log.ts';
import type { Heart } from '#src/lib/time/stall.ts';
import { fileTrouble } from '#src/model/secret.ts';
import type { Engine } from '#src/store/engine.ts';
import { inGroups } from '#src/store/rows/groups.ts';
import { startThread } from '#src/store/thread.ts';
import {
  failureOf,
  type Row,
  type StoreQuery,
  StoreRefused,
  StoreUnavailable,
  type Unit,
  type UnitResult,
} from '#src/store/unit.ts';
import { openCare } from './care.ts';
import type { QueryAnswer } from './queries.ts';
import { openReading } from './reading.ts';
import { openPacker, type PackedOutcome, unpackResults } from './wire.ts';
import type { WriterAsk, WriterData } from './writer.worker.ts';

/**
 * Opens or creates the file, takes its lock and brings its schema up to date. A thread writes and reads, so that the main
 * thread waits for neither; it watches the main loop as well where there is a `heart`. Rejects with StoreRefused when the
 * file is in use, newer than this program, or no database.
 */
export async function openSqlite(file: string, log: Log, heart?: Heart): Promise<Engine> {
  await using opened = new AsyncDisposableStack();
  opened.use(lockSqlite(file));
  make(file, () => createPrivate(file));
  const data: WriterData = { file, heart: heart && { beats: heart.beats, stallTime: heart.stallTime } };
  const writer = opened.use(await startThread<WriterAsk, QueryAnswer>('#src/store/sqlite/writer.worker.ts', data, log));
  opened.defer(async () => void (await writer.ask('close')));
  const ask = opened.use(openReading(file, writer, log));

  const care = opened.use(openCare(file));
  const packer = openPacker();
  const writing = inGroups<Unit, UnitResult>(async (units) => {
    try {
      return (await writer.ask(packer.pack(units))).outcomes.map(resultsOrError);
    } catch (error) {
      packer.forget();
      throw error;
    }
  });
  const reading = inGroups<StoreQuery<unknown>, readonly Row[]>(async (queries) =>
    (await ask.outcomes(queries)).map(rowsOrError),
  );
  opened.defer(async () => {
    await writing.idle();
    await reading.idle();
  });

  const resources = opened.move();
  const write = (unit: Unit) =>
    resources.disposed ? Promise.reject(new StoreUnavailable('it is closed')) : writing.add(unit);
  return {
    write,
    read: (query) => (resources.disposed ? Promise.reject(new StoreUnavailable('it is closed')) : reading.add(query)),
    async scrub() {
      await writing.idle();
      await writer.ask('scrub');
    },
    check: care.check,
    copy: care.copy,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Does what makes files of a store. Throws StoreRefused where they cannot be made. */
function make(store: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new StoreRefused(`the store ${store} cannot be opened: ${fileTrouble(error)}`);
  }
}

function resultsOrError(outcome: PackedOutcome): UnitResult | Error {
  if (!('failure' in outcome || 'results' in outcome)) return unpackResults(outcome);
  return 'results' in outcome ? outcome.results : failureOf(outcome.failure);
}

function rowsOrError(outcome: PackedOutcome): readonly Row[] | Error {
  const results = resultsOrError(outcome);
  return results instanceof Error ? results : (results[0]?.rows ?? []);
}

/**
 * Holds an exclusive transaction on a second file: it is refused at once to anybody else, and the kernel drops it when
 * the process ends, however it ends. The database itself stays open to backups and to people who look. Makes the folder where
 * there is none. Throws StoreRefused.
 */
export function lockSqlite(file: string): Disposable {
  const name = `${file}.lock`;
  make(file, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    createPrivate(name);
  });
  const db = new DatabaseSync(name, { timeout: 0 });
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    throw new StoreRefused(
      `the store ${file} is in use by another process, such as a gateway that runs: ${name} is locked (${error instanceof Error ? error.message : error})`,
    );
  }
  return { [Symbol.dispose]: () => db.close() };
}

/**
 * Creates the file for its owner alone; SQLite gives the log beside it the same rights. A file that is there must not be
 * opened here: closing it again would drop every lock that this process has on it (fcntl(2), advisory record locking).
 */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
