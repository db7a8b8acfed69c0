import { createSecretKey } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type MediaParts, openMedia } from '#src/core/media/media.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openStore, StoreUnavailable } from '#src/store/index.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { handClock } from '../hand-clock.ts';
import { tempFolder } from '../store/folder.ts';

const romeo = accountKey('romeo@a.example' as BareJid, 'net.example');
const log = openLog('silent');
const DAY = 86_400_000;
const key = createSecretKey(Buffer.alloc(32, 1));
const sizes = { maxSize: 1000, quota: 2000, total: 3000, retention: DAY, key };

/** A media store on a real listener. Addresses are those of the world: `ask` goes where a proxy would send them. */
async function gallery(parts: Partial<MediaParts> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempFolder());
  const clock = handClock();
  const store = stack.use(await openStore({ url: `sqlite:${folder.file('store.db')}`, log, clock }));
  const dir = folder.file('media');
  const publicUrl = 'https://gw.example.org';
  const reopen = () => openMedia({ ...sizes, dir, publicUrl, store, clock, log, ...parts });
  const media = await reopen();
  const metrics = openMetrics();
  const site = openSite({ publicUrl, clock, metrics });
  const web = stack.use(
    await startWeb({
      http: { listen: { host: '127.0.0.1', port: 0 } },
      admin: undefined,
      site,
      log,
      registry: metrics.registry,
      readiness: () => ({ ready: true, transports: {} }),
    }),
  );
  site.open({ shelf: media });
  const lasting = stack.move();
  return {
    media,
    clock,
    dir,
    store,
    reopen,
    files: () => readdirSync(dir),
    ask: (url: string, init?: RequestInit) => fetch(url.replace(publicUrl, `http://${web.addresses.http}`), init),
    [Symbol.asyncDispose]: () => lasting.disposeAsync(),
  };
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, n) => n % 256);
const stream = (...chunks: Uint8Array[]) => ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
const kept = { name: 'a cat’s.png', type: 'image/png', account: romeo };

describe('files that are kept', () => {
  it('are asked for again later while the store is away', async () => {
    await using at = await gallery();
    const file = await at.media.put(bytes(10), kept);
    const { get } = at.store.media;
    Object.assign(at.store.media, { get: () => Promise.reject(new StoreUnavailable('database is locked')) });
    const refused = await at.ask(file.url);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '30']);
    expect(await refused.text()).not.toContain('locked');
    Object.assign(at.store.media, { get });
    expect((await at.ask(file.url)).status).toBe(200);
  });

  it('are served under an address that nobody guesses, with headers that let nothing happen', async () => {
    await using at = await gallery();
    const file = await at.media.put(stream(bytes(300), bytes(200)), kept);
    expect(file).toEqual({
      url: expect.stringMatching(/^https:\/\/gw\.example\.org\/media\/[\w-]{43}\/a%20cat%E2%80%99s\.png$/),
      name: 'a cat’s.png',
      type: 'image/png',
      size: 500,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      expires: at.clock.now() + DAY,
    });
    const answer = await at.ask(file.url);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '500',
      'content-disposition': `inline; filename="a cat_s.png"; filename*=UTF-8''a%20cat%E2%80%99s.png`,
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*; sandbox$/),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
      'accept-ranges': 'bytes',
    });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.concat([bytes(300), bytes(200)]));
    const [name = ''] = at.files();
    expect(file.url).not.toContain(name);
    expect(statSync(`${at.dir}/${name}`).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['image/jpeg', 'image/jpeg', 'inline'],
    ['video/mp4', 'video/mp4', 'inline'],
    ['Audio/OGG; codecs=opus', 'audio/ogg', 'inline'],
    ['text/plain', 'text/plain; charset=utf-8', 'inline'],
    ['image/svg+xml', 'application/octet-stream', 'attachment'],
    ['text/html', 'application/octet-stream', 'attachment'],
    ['application/pdf', 'application/octet-stream', 'attachment'],
    ['image/png\r\nX-Evil: 1', 'application/octet-stream', 'attachment'],
    [undefined, 'application/octet-stream', 'attachment'],
  ])('of type %s are served as %s, %s', async (type, served, shown) => {
    await using at = await gallery();
    const file = await at.media.put(bytes(3), { name: 'x', ...(type !== undefined && { type }) });
    const { headers } = await at.ask(file.url);
    expect(headers.get('Content-Type')).toBe(served);
    expect(headers.get('Content-Disposition')).toMatch(new RegExp(`^${shown};`));
  });

  it('are served in parts, and without their bytes', async () => {
    await using at = await gallery();
    const { url } = await at.media.put(bytes(100), kept);
    const part = await at.ask(url, { headers: { Range: 'bytes=10-19' } });
    expect([part.status, part.headers.get('Content-Range')]).toEqual([206, 'bytes 10-19/100']);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(Buffer.from(bytes(100).subarray(10, 20)));
    const tag = part.headers.get('ETag') ?? '';
    const ranged = async (range: string, condition: string) =>
      (await at.ask(url, { headers: { Range: range, 'If-Range': condition } })).status;
    expect([await ranged('bytes=0-1', tag), await ranged('bytes=0-1', '"other"')]).toEqual([206, 200]);
    const beyond = await at.ask(url, { headers: { Range: 'bytes=100-' } });
    expect([beyond.status, beyond.headers.get('Content-Range')]).toEqual([416, 'bytes */100']);
    const head = await at.ask(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('Content-Length'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      '100',
      0,
    ]);
    expect((await at.ask(url, { method: 'DELETE' })).status).toBe(405);
    const empty = await at.media.put(bytes(0), kept);
    expect((await (await at.ask(empty.url)).arrayBuffer()).byteLength).toBe(0);
  });

  it('are found by their whole address only', async () => {
    await using at = await gallery();
    const { url } = await at.media.put(bytes(3), kept);
    const [secret = ''] = /[\w-]{43}/.exec(url) ?? [];
    const others = [
      url.replace('png', 'html'),
      url.replace(secret, `${secret.slice(1)}x`),
      `https://gw.example.org/media/${at.files()[0]}/x`,
      `https://gw.example.org/media/${secret}`,
      'https://gw.example.org/media/%2e%2e/store.db',
      'https://gw.example.org/media/x/%ff',
    ];
    expect(await Promise.all(others.map(async (other) => (await at.ask(other)).status))).toEqual(others.map(() => 404));
  });

  it('are nobody’s while they are held: they count against no quota, and are gone when nobody keeps them', async () => {
    await using at = await gallery();
    const mine = await at.media.hold(bytes(900), kept);
    const dropped = await at.media.hold(bytes(900), kept);
    await at.media.put(bytes(1000), kept);
    await dropped.drop();
    expect(at.files()).toHaveLength(2);
    const file = await mine.keep(romeo);
    expect([(await at.ask(file.url)).status, file.expires]).toEqual([200, at.clock.now() + DAY]);
    const another = await at.media.hold(bytes(200), kept);
    await expect(another.keep(romeo)).rejects.toMatchObject({ code: 'queue-full' });
    await at.media.hold(bytes(200), kept);
    at.clock.advance(3_600_000);
    await at.media.prune();
    expect(at.files()).toHaveLength(2);
  });

  it('expire with a page that says so, and leave nothing on the disk', async () => {
    await using at = await gallery();
    const { url } = await at.media.put(bytes(3), kept);
    at.clock.advance(DAY);
    for (const there of [true, false]) {
      const answer = await at.ask(url);
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([410, 'text/html; charset=utf-8']);
      expect(await answer.text()).toContain('This file has expired');
      if (there) await at.media.prune();
      expect(at.files()).toEqual([]);
    }
    at.clock.advance(90 * DAY);
    await at.media.prune();
    expect((await at.ask(url)).status).toBe(404);
  });

  it('of one account can be made to expire', async () => {
    await using at = await gallery();
    const mine = await at.media.put(bytes(3), kept);
    const other = await at.media.put(bytes(3), { name: 'x' });
    await at.media.forget(romeo);
    expect([(await at.ask(mine.url)).status, (await at.ask(other.url)).status]).toEqual([410, 200]);
  });
});

describe('files that are refused', () => {
  it('are too large, known while they come, and leave nothing', async () => {
    await using at = await gallery();
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes(400)),
      cancel() {
        cancelled = true;
      },
    });
    await expect(at.media.put(endless, kept)).rejects.toMatchObject({ code: 'too-large' });
    expect([cancelled, at.files()]).toEqual([true, []]);
    await expect(at.media.put(bytes(1001), kept)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('find no room, for their account or for all', async () => {
    await using at = await gallery();
    for (const _ of [1, 2]) await at.media.put(bytes(1000), kept);
    await expect(at.media.put(bytes(1), kept)).rejects.toMatchObject({ code: 'queue-full' });
    await at.media.put(bytes(1000), { name: 'x' });
    await expect(at.media.put(bytes(1), { name: 'x' })).rejects.toMatchObject({ code: 'queue-full' });
    expect(at.files()).toHaveLength(3);
    at.clock.advance(DAY);
    await at.media.prune();
    await at.media.put(bytes(1000), kept);
  });

  it('break off, with the error of whoever sends them', async () => {
    await using at = await gallery();
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(bytes(10));
        controller.error(new Error('the line broke'));
      },
    });
    await expect(at.media.put(broken, kept)).rejects.toThrow('the line broke');
    expect(at.files()).toEqual([]);
  });

  it('are not left over by a crash', async () => {
    await using at = await gallery();
    await at.media.put(bytes(3), kept);
    const [good = ''] = at.files();
    const orphan = 'f'.repeat(64);
    for (const name of [orphan, `${orphan}.part`, 'readme']) writeFileSync(`${at.dir}/${name}`, 'x');
    await at.reopen();
    expect(at.files().sort()).toEqual([good, 'readme'].sort());
  });
});

describe('a text that is reserved', () => {
  it('is there once it is filled', async () => {
    await using at = await gallery();
    const spot = at.media.reserve('message.txt');
    expect((await at.ask(spot.url)).status).toBe(404);
    await at.media.fill(spot, Buffer.from('But soft ♥'), { account: romeo, type: 'text/plain' });
    const answer = await at.ask(spot.url);
    expect([await answer.text(), answer.headers.get('Content-Type')]).toEqual([
      'But soft ♥',
      'text/plain; charset=utf-8',
    ]);
  });

  it('has one address where it is the same, is kept once, and anew after it has expired', async () => {
    await using at = await gallery();
    const of = { account: romeo, type: 'image/png' };
    const spot = at.media.reserve('rose.png', 'm1 rose');
    expect(at.media.reserve('rose.png', 'm2 rose').url).not.toBe(spot.url);
    await at.media.fill(spot, bytes(10), of);
    const again = at.media.reserve('rose.png', 'm1 rose');
    expect(again.url).toBe(spot.url);
    await at.media.fill(again, bytes(20), of);
    expect((await (await at.ask(spot.url)).arrayBuffer()).byteLength).toBe(10);
    expect(at.files()).toHaveLength(1);
    for (const pruned of [false, true]) {
      at.clock.advance(DAY + 1);
      if (pruned) await at.media.prune();
      expect((await at.ask(spot.url)).status).toBe(410);
      await at.media.fill(at.media.reserve('rose.png', 'm1 rose'), bytes(30), of);
      expect((await (await at.ask(spot.url)).arrayBuffer()).byteLength).toBe(30);
    }
  });
});
