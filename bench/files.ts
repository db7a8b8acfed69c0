// What a file of 50 MB costs in memory on each way: fetched and kept, served, lent, and put on another server.
// node_modules/.bin/node --expose-gc bench/files.ts [MEGABYTES]. Reader, writer and the other server are in the same process.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLending } from '#src/core/media/lending.ts';
import { openMedia } from '#src/core/media/media.ts';
import { openFetch } from '#src/lib/http/fetch.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { openConnect } from '#src/lib/net.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';

const SIZE = Number(process.argv[2] ?? 50) * 1_000_000;
const CHUNK = new Uint8Array(65_536).fill(7);
const PUBLIC = 'https://gw.example';

/** Somebody else's server in a process of its own would be fairer; what it sends are views of one chunk. */
async function otherServer() {
  const server = createServer((request, response) => {
    if (request.method === 'PUT') {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.byteLength));
      request.on('end', () => response.writeHead(201).end(String(size)));
      return;
    }
    response.writeHead(200, { 'content-length': SIZE, 'content-type': 'video/mp4' });
    void pour(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/film.mp4`, close: () => server.close() };
}

async function pour(to: NodeJS.WritableStream): Promise<void> {
  for (let left = SIZE; left > 0; left -= CHUNK.byteLength) {
    const more = to.write(left < CHUNK.byteLength ? CHUNK.subarray(0, left) : CHUNK);
    if (!more) await new Promise((resolve) => to.once('drain', resolve));
  }
  to.end();
}

/** What a network would give: chunk by chunk, no faster than it is taken. */
function stream(): ReadableStream<Uint8Array> {
  let left = SIZE;
  return new ReadableStream(
    {
      pull(controller) {
        if (left <= 0) return controller.close();
        controller.enqueue(left < CHUNK.byteLength ? CHUNK.slice(0, left) : CHUNK.slice());
        left -= CHUNK.byteLength;
      },
    },
    { highWaterMark: 1 },
  );
}

async function drain(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let size = 0;
  for await (const chunk of body ?? []) size += chunk.byteLength;
  return size;
}

/** Runs the work, and tells by how many MB memory was higher at its highest. */
async function measured(what: string, work: () => Promise<number>): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  let [rss, held] = [before.rss, before.heapUsed + before.arrayBuffers];
  const timer = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
    // What nobody holds any more is no growth.
    globalThis.gc?.();
    const now = process.memoryUsage();
    held = Math.max(held, now.heapUsed + now.arrayBuffers);
  }, 200);
  const start = performance.now();
  const size = await work();
  clearInterval(timer);
  const mb = (bytes: number): string => (bytes / 1_000_000).toFixed(1).padStart(6);
  const taken = ((performance.now() - start) / 1000).toFixed(2);
  const grown = held - before.heapUsed - before.arrayBuffers;
  console.log(
    `${what.padEnd(42)} ${mb(size)} MB in ${taken} s: resident +${mb(rss - before.rss)} MB, held +${mb(grown)} MB`,
  );
}

const dir = mkdtempSync(join(tmpdir(), 'files-'));
const other = await otherServer();
const [log, metrics, clock] = [openLog('silent'), openMetrics(), systemClock];
const store = await openStore({ url: `sqlite:${join(dir, 'store.db')}`, log, clock });
const fetch = openFetch({ connect: openConnect(), refuse: (reason, text) => new Error(`${reason}: ${text}`) });
const operator = { namedBy: 'operator', maxBytes: 2 * SIZE, timeout: 600_000 } as const;
const parts = { dir: join(dir, 'media'), maxSize: 2 * SIZE, quota: 20 * SIZE, total: 20 * SIZE, retention: 86_400_000 };
const key = openKey({ text: '1'.repeat(64) });
const media = await openMedia({ ...parts, publicUrl: PUBLIC, store, clock, log, key: key.secret });
const lending = openLending({
  ...{ key, clock, publicUrl: PUBLIC, retention: 86_400_000 },
  bridge: () => ({ openFile: async () => ({ content: stream(), size: SIZE }) }),
});
const site = openSite({ publicUrl: PUBLIC, clock, metrics });
const readiness = () => ({ ready: true, transports: {} });
const http = { listen: { host: '127.0.0.1', port: 0 } };
const web = await startWeb({ http, admin: undefined, site, log, registry: metrics.registry, readiness });
site.open({ shelf: media, lending });
const account = accountKey('romeo@a.example' as BareJid, 'net.example');
const ours = (url: string): string => url.replace(PUBLIC, `http://${web.addresses.http}`);

await drain((await fetch(other.url, operator)).body);
await measured('fetched from elsewhere', async () => drain((await fetch(other.url, operator)).body));
let kept = '';
await measured('fetched and kept (network to XMPP)', async () => {
  const answer = await fetch(other.url, operator);
  const file = await media.put(answer.body ?? stream(), { name: 'film.mp4', type: 'video/mp4', account });
  kept = file.url;
  return file.size ?? 0;
});
await measured('served by the media listener', async () => drain((await fetch(ours(kept), operator)).body));
const lent = lending.lendFor('net.example')('film', { name: 'film.mp4', type: 'video/mp4', size: SIZE });
await measured('lent from a network', async () => drain((await fetch(ours(lent.url), operator)).body));
await measured('fetched and given to a network (PUT)', async () => {
  const answer = await fetch(other.url, operator);
  const put = await fetch(other.url, { ...operator, method: 'PUT', body: answer.body ?? stream(), size: SIZE });
  return Number(await put.text());
});

await web[Symbol.asyncDispose]();
fetch.close();
other.close();
await store[Symbol.asyncDispose]();
rmSync(dir, { recursive: true });
