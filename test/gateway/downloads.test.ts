import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Download, DownloadLimits } from '#src/bridge.ts';
import type { Lending } from '#src/core/media/lending.ts';
import type { Shelf } from '#src/core/media/media.ts';
import { type DownloadParts, openDownloads } from '#src/gateway/downloads.ts';
import { reach, refuseFetch } from '#src/gateway/reach.ts';
import { openFetch } from '#src/lib/http/fetch.ts';
import { openConnect } from '#src/lib/net.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

const bytes = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, n) => n % 256));
const rose = bytes(100);
const sha256 = createHash('sha256').update(rose).digest('hex');
const streamed = (data: Uint8Array) => ReadableStream.from([data]) as ReadableStream<Uint8Array>;

/** Where a user keeps files, and what opens them for bridges. */
async function world(listener: RequestListener, parts: Partial<DownloadParts> = {}) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetch = openFetch({ connect: reach(openConnect()), refuse: refuseFetch });
  const open = openDownloads({ fetch, log: { warn: () => undefined }, each: 2, uploadHosts: [host], ...parts });
  return {
    host,
    server,
    open: (file: Omit<FileRef, 'url'> = {}, limits: Partial<DownloadLimits> = {}) =>
      open({ url: `http://${host}/a%20rose.png?v=1`, ...file }, { maxBytes: 1000, ...limits }),
    async [Symbol.asyncDispose]() {
      fetch.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const serving =
  (type: string | undefined, data: Uint8Array = rose, headers = {}): RequestListener =>
  (_request, response) => {
    if (type !== undefined) response.setHeader('Content-Type', type);
    response.writeHead(200, { 'Content-Length': data.byteLength, ...headers }).end(data);
  };

const all = async ({ content }: Download) => Buffer.concat(await Array.fromAsync(content));
const failed = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  const { code, message } = error as Failure;
  return { code, message };
};

describe('a file of an event', () => {
  it('comes from where its sender keeps it, with the name, type and size that it has there', async () => {
    await using at = await world(serving('image/png; x=y'));
    const found = await at.open();
    expect(found).toMatchObject({ name: 'a rose.png', type: 'image/png', size: 100 });
    expect(await all(found)).toEqual(rose);
    const described = await at.open({ name: '../x.png', type: 'image/png', sha256: sha256.toUpperCase() });
    expect(described.name).toBe('x.png');
    expect(await all(described)).toEqual(rose);
  });

  it('has the type that its sender says where its server says none', async () => {
    await using at = await world(serving('application/octet-stream'));
    expect(await at.open({ type: 'image/png' })).toMatchObject({ type: 'image/png' });
    expect(await at.open()).toMatchObject({ type: 'application/octet-stream' });
  });

  it.each([
    ['text/html', { type: 'image/png' }],
    ['text/html', {}],
    ['video/mp4', { type: 'image/png' }],
    ['image/png', { type: 'audio/ogg' }],
  ])('is not taken as %s where its sender says %o', async (found, said) => {
    await using at = await world(serving(found));
    expect(await failed(at.open(said))).toEqual({
      code: 'not-acceptable',
      message: 'What lies at the address of the file is something else than your message says.',
    });
  });

  it.each([
    ['video/webm', { type: 'audio/webm' }],
    ['application/ogg', { type: 'audio/ogg' }],
    ['text/plain', { name: 'notes.txt' }],
  ])('is taken as %s where its sender says %o', async (found, said) => {
    await using at = await world(serving(found));
    expect(await at.open(said)).toMatchObject({ type: found });
  });

  it('is refused by its size, whether its server tells it or not', async () => {
    const large = {
      code: 'too-large',
      message: 'This file is too large: the other network takes 99 bytes at most.',
    };
    await using at = await world(serving('image/png'));
    expect(await failed(at.open({}, { maxBytes: 99 }))).toEqual(large);
    await using silent = await world((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png' }).write(rose.subarray(0, 50));
      response.end(rose.subarray(50));
    });
    const opened = await silent.open({ size: 1 }, { maxBytes: 99 });
    expect(await failed(all(opened))).toEqual(large);
  });

  it('ends with a failure before its last bytes where its hash is another', async () => {
    await using at = await world(serving('image/png'));
    const { content } = await at.open({ sha256: '0'.repeat(64) });
    const read: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of content) read.push(chunk);
    })();
    expect((await failed(reading)).code).toBe('not-acceptable');
    expect(Buffer.concat(read).length).toBeLessThan(100);
  });

  it.each([
    [404, 'item-not-found'],
    [410, 'item-not-found'],
    [403, 'item-not-found'],
    [503, 'remote-server-timeout'],
    [429, 'remote-server-timeout'],
  ])('with status %i is %s', async (status, code) => {
    await using at = await world((_request, response) => response.writeHead(status).end('a page'));
    expect(await failed(at.open())).toEqual({
      code,
      message: 'The file is not to be had where your message says that it is.',
    });
  });

  it('that breaks off ends with a failure', async () => {
    await using at = await world((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': 100 }).write(rose.subarray(0, 50));
      setImmediate(() => response.destroy());
    });
    expect((await failed(at.open().then(all))).code).toBe('remote-server-timeout');
  });

  it('is not fetched from this machine, unless the operator has named its host', async () => {
    const logged: unknown[] = [];
    const log = { warn: (...told: unknown[]) => void logged.push(told) };
    await using at = await world(serving('image/png'), { uploadHosts: ['127.0.0.1:1'], log });
    const refused = {
      code: 'not-allowed',
      message:
        'The file is at an address that is not public, from which this gateway may not fetch. Those who run it can change that.',
    };
    expect(await failed(at.open())).toEqual(refused);
    expect(await failed(at.open())).toEqual(refused);
    // Once, with what would change it.
    expect(logged).toEqual([[{ host: at.host }, expect.stringContaining('xmpp.upload_hosts')]]);
  });

  it('is given up with its signal, and when nobody reads on', async () => {
    const closed: Promise<unknown>[] = [];
    await using at = await world((request, response) => {
      closed.push(once(request.socket, 'close'));
      response.writeHead(200, { 'Content-Type': 'image/png' }).write(rose);
    });
    const stop = new AbortController();
    const reading = all(await at.open({}, { signal: stop.signal }));
    stop.abort();
    expect((await failed(reading)).code).toBe('recipient-unavailable');
    await (await at.open()).content.cancel();
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  });

  it('is one of so many of its user at a time, until it is read, given up or lost', async () => {
    await using at = await world(serving('image/png'));
    const account = accountKey('romeo@a.example' as BareJid, 'net.example');
    const open = (file = {}) => at.open(file, { account });
    const [first, second] = [await open(), await open()];
    expect(await failed(open())).toEqual({
      code: 'too-fast',
      message: 'Too many of your files are on their way at once. Send this one again in a little while.',
    });
    await (await at.open()).content.cancel();
    await all(first);
    const third = await open({ sha256: '0'.repeat(64) });
    expect((await failed(open())).code).toBe('too-fast');
    await second.content.cancel();
    expect((await failed(all(third))).code).toBe('not-acceptable');
    expect((await failed(open({ type: 'audio/ogg' }))).code).toBe('not-acceptable');
    for (const one of [await open(), await open()]) await one.content.cancel();
  });

  it('is taken no faster than it is read', async () => {
    const block = bytes(65_536);
    const count = 2048;
    let [sent, read, ahead] = [0, 0, 0];
    await using at = await world(async (_request, response) => {
      response.setHeader('Content-Type', 'video/mp4');
      for (; sent < count; sent++) await new Promise((done) => response.write(block, done));
      response.end();
    });
    const { content } = await at.open({ type: 'video/mp4' }, { maxBytes: 2 ** 30 });
    for await (const chunk of content) {
      read += chunk.byteLength;
      ahead = Math.max(ahead, sent * block.length - read);
    }
    expect(read).toBe(count * block.length);
    // What two sockets hold.
    expect(ahead).toBeLessThan(32 * 2 ** 20);
  });
});

describe('a file of ours', () => {
  const publicUrl = 'https://gw.example';
  const kept: Shelf = {
    open: async (secret) =>
      secret === 'rose'
        ? { kind: 'file', id: '', name: 'rose.png', type: 'image/png', size: 100, read: async () => streamed(rose) }
        : secret === 'old'
          ? { kind: 'expired' }
          : undefined,
  };
  const lending: Lending = {
    find: (token) =>
      token === 'leaf'
        ? {
            kind: 'lent',
            account: undefined,
            name: 'leaf.png',
            type: 'image/png',
            size: 100,
            open: async () => ({ content: streamed(rose) }),
          }
        : undefined,
    open: () => undefined,
  };
  const parts = { publicUrl, shelf: kept, lending };
  const asked: RequestListener = () => {
    throw new Error('nobody is asked');
  };

  it('is read where it lies', async () => {
    await using at = await world(asked, parts);
    const found = await at.open({ url: `${publicUrl}/media/rose/rose.png` } as FileRef);
    expect(found).toMatchObject({ name: 'rose.png', type: 'image/png', size: 100 });
    expect(await all(found)).toEqual(rose);
    const lent = await at.open({ url: `${publicUrl}/media/lent/leaf/leaf.png` } as FileRef);
    expect(lent).toMatchObject({ name: 'leaf.png', type: 'image/png' });
    expect(await all(lent)).toEqual(rose);
  });

  it.each(['/media/old/x', '/media/none/x', '/media/lent/none/x', '/media/'])(
    'is not there any more: %s',
    async (path) => {
      await using at = await world(asked, parts);
      expect((await failed(at.open({ url: publicUrl + path } as FileRef))).code).toBe('item-not-found');
    },
  );

  it('is refused by its size before it is read', async () => {
    await using at = await world(asked, parts);
    const work = at.open({ url: `${publicUrl}/media/rose/rose.png` } as FileRef, { maxBytes: 99 });
    expect((await failed(work)).code).toBe('too-large');
  });
});
