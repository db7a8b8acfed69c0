// Durable units per second, by how many are in flight: node_modules/.bin/node bench/store.ts [SECONDS]
// SQLite with synchronous=FULL, and PostgreSQL with fsync where it is installed.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#src/lib/clock.ts';
import { openLog } from '#src/lib/log.ts';
import type { EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import { openStore, type Store, type Unit } from '#src/store/index.ts';
import { startPostgres } from '../test/real/postgres.ts';

const LEVELS = [1, 16, 256];
const seconds = Number(process.argv[2] ?? 3);

/** What a message costs that crosses: both of its ids are linked, and its sender's budget is charged. */
function message(store: Store, n: number): Unit {
  const link = { event: `bench-${n}` as EventId, place: 'shared net #room', at: n, author: 'romeo@a.example' };
  return [
    store.budgets.reserve({ name: `user${n % 100}`, day: 1 }, 1e12, 1),
    ...store.links.add({ ...link, side: 'xmpp', ids: [`x${n}` as XmppId] }),
    ...store.links.add({ ...link, side: 'foreign', ids: [`f${n}` as ForeignId] }),
  ];
}

let next = 0;

/** Units per second with that many in flight, and the slowest of 99 % in ms. */
async function measure(store: Store, inFlight: number): Promise<{ rate: number; p99: number }> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  const one = async () => {
    while (performance.now() < end) {
      const before = performance.now();
      await store.unit(message(store, next++));
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const rate = times.length / ((performance.now() - start) / 1000);
  return { rate, p99: times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0 };
}

async function table(name: string, url: string): Promise<void> {
  await using store = await openStore({ url, clock: systemClock, log: openLog('warn') });
  process.stdout.write(`\n${name}\n in flight    units/s    p99 ms\n`);
  for (const inFlight of LEVELS) {
    const { rate, p99 } = await measure(store, inFlight);
    process.stdout.write(
      `${String(inFlight).padStart(10)} ${rate.toFixed(0).padStart(10)} ${p99.toFixed(1).padStart(9)}\n`,
    );
  }
}

/** How often a second the disk writes a page for good, with nothing of ours in between: what all else is measured by. */
function bareSyncs(file: string): number {
  const opened = openSync(file, 'w');
  const page = Buffer.alloc(4096);
  const start = performance.now();
  let done = 0;
  for (; performance.now() - start < 1000; done++) {
    writeSync(opened, page);
    fdatasyncSync(opened);
  }
  closeSync(opened);
  return done;
}

// Beside the sources, not in the system's folder for temporary files: that may be memory.
const dir = mkdtempSync(join(import.meta.dirname, '.store-'));
try {
  process.stdout.write(`the disk alone: ${bareSyncs(join(dir, 'page'))} syncs a second\n`);
  await table('SQLite, WAL, synchronous=FULL', `sqlite:${join(dir, 'bench.db')}`);
} finally {
  rmSync(dir, { recursive: true });
}
await using postgres = await startPostgres({ fsync: true });
await table('PostgreSQL, fsync=on', await postgres.database());
