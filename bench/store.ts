// Durable units, and messages through the journal, per second, by how many are in flight: node_modules/.bin/node bench/store.ts [SECONDS]
// SQLite with synchronous=FULL, and PostgreSQL with fsync where it is installed.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import { type NewRow, openStore, type Store, type Unit } from '#src/store/index.ts';
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

/** What a journaled message costs until it has arrived: it is accepted, sent and ended, each before the next. */
async function journaled(store: Store, n: number): Promise<void> {
  const row: NewRow = {
    id: store.journal.nextId(),
    event: `j-bench-${n}` as EventId,
    lane: `out contact ${n % 100}`,
    account: 'romeo@a.example net',
    key: `key ${process.pid} ${n}`,
    body: JSON.stringify({ way: 'out', text: 'But soft, what light through yonder window breaks?' }),
    origin: '{}',
    state: 'ready',
    attempts: 0,
    notBefore: 0,
    expires: 1e9,
    at: n,
    charges: null,
  };
  const change = { id: row.id, epoch: 1, changed: n };
  const tried = { state: 'flight', attempts: 1, doubted: false, told: false, notBefore: 0 } as const;
  await store.unit([store.journal.add(row, 1)]);
  await store.unit([store.journal.step({ ...change, ...tried, note: 'attempt 1' })]);
  await store.unit([store.journal.end({ ...change, outcome: 'delivered', note: 'taken' })]);
}

let next = 0;

/** Units per second with that many in flight, and the slowest of 99 % in ms. */
async function measure(
  work: (n: number) => Promise<unknown>,
  inFlight: number,
): Promise<{ rate: number; p99: number }> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  const one = async () => {
    while (performance.now() < end) {
      const before = performance.now();
      await work(next++);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const rate = times.length / ((performance.now() - start) / 1000);
  return { rate, p99: times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0 };
}

async function lines(title: string, work: (n: number) => Promise<unknown>): Promise<void> {
  process.stdout.write(`\n${title}\n in flight          /s    p99 ms\n`);
  for (const inFlight of LEVELS) {
    const { rate, p99 } = await measure(work, inFlight);
    process.stdout.write(
      `${String(inFlight).padStart(10)} ${rate.toFixed(0).padStart(10)} ${p99.toFixed(1).padStart(9)}\n`,
    );
  }
}

async function table(name: string, url: string): Promise<void> {
  await using store = await openStore({ url, clock: systemClock, log: openLog('warn') });
  await lines(`${name}: units`, (n) => store.unit(message(store, n)));
  await lines(`${name}: messages through the journal, three units each`, (n) => journaled(store, n));
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
