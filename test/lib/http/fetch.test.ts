import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Fetch, type FetchReason, openFetch } from '#src/lib/http/fetch.ts';
import { redirected } from '#src/lib/http/fetch-request.ts';
import { isPublicAddress, type Lookup, openConnect } from '#src/lib/net.ts';

class Refused extends Error {
  readonly reason: FetchReason;

  constructor(reason: FetchReason, text: string, cause: unknown) {
    super(text, { cause });
    this.reason = reason;
  }
}

const refuse = (reason: FetchReason, text: string, cause?: unknown) => new Refused(reason, text, cause);

/** Every name is this machine, except that `inside.example` is an address which may not be chosen. */
const lookup: Lookup = async (host) => [{ address: host === 'inside.example' ? '127.0.0.2' : '127.0.0.1', family: 4 }];
const allowed = (address: string) => address === '127.0.0.1' || isPublicAddress(address);
const open: Fetch = openFetch({ connect: openConnect({ lookup, allowed }), refuse });

async function served(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    at: (path: string, host = 'files.example') => `http://${host}:${port}${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with what it was asked. */
const mirror: RequestListener = async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
};

/** Leads each path to where its query says. */
const leading: RequestListener = (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://x');
  const to = searchParams.get('to');
  if (to === null) return mirror(request, response);
  response.writeHead(Number(searchParams.get('status') ?? 302), { Location: to }).end('elsewhere');
};

describe('the guarded fetch', () => {
  it('lets go of what it cannot send', async () => {
    for (const url of ['ftp://files.example/', 'http://files.example:1/']) {
      let cancelled = false;
      const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
      await expect(open(url, { method: 'PUT', body })).rejects.toThrow();
      expect(cancelled).toBe(true);
    }
  });

  it('asks and answers', async () => {
    await using server = await served(mirror);
    const answer = await open(server.at('/a?b=c'), {
      method: 'post',
      headers: { Authorization: 'Bearer t', Host: 'evil.example', 'Transfer-Encoding': 'chunked' },
      body: 'hällo',
    });
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      headers: { host: `files.example:${server.port}`, authorization: 'Bearer t', 'content-length': '6' },
      body: 'hällo',
    });
  });

  it.each([
    'file:///etc/passwd',
    'ftp://a.example/',
    'gopher://a.example',
    'data:text/plain,x',
    '//x',
    'x',
    'http://a:b@a.example/',
  ])('does not know %s', async (url) => {
    await expect(open(url)).rejects.toMatchObject({ reason: 'bad-url' });
  });

  it.each([
    'http://127.0.0.2/',
    'http://inside.example/',
    'http://10.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x7f000002/',
    'http://2130706434/',
    'http://169.254.169.254/latest/meta-data',
  ])('does not go to %s', async (url) => {
    await expect(open(url)).rejects.toMatchObject({ reason: 'forbidden' });
  });

  it('goes where the operator says, and no redirect goes with it', async () => {
    await using server = await served(leading);
    const strict = openFetch({ connect: openConnect({ lookup: () => Promise.reject(new Error('no names')) }), refuse });
    const here = server.at('/', '127.0.0.1');
    await expect(strict(here)).rejects.toMatchObject({ reason: 'forbidden' });
    expect((await strict(here, { namedBy: 'operator' })).status).toBe(200);
    expect((await strict(`${here}?to=/x`, { namedBy: 'operator' })).status).toBe(200);
    const there = encodeURIComponent(server.at('/', '127.0.0.2'));
    await expect(strict(`${here}?to=${there}`, { namedBy: 'operator' })).rejects.toMatchObject({
      reason: 'forbidden',
    });
  });

  it('checks every hop, and carries no credentials to another host', async () => {
    await using server = await served(leading);
    const hop = (to: string, status = 302) => server.at(`/?status=${status}&to=${encodeURIComponent(to)}`);
    const headers = { Authorization: 'Bearer t', Cookie: 'a=b', 'X-Api-Key': 'k', Accept: 'image/*' };
    const asked = async (url: string, init = {}) =>
      (await (await open(url, { headers, ...init })).json()) as { headers: object; method: string; body: string };
    expect((await asked(hop('/x'))).headers).toMatchObject({ authorization: 'Bearer t', accept: 'image/*' });
    const other = await asked(hop(server.at('/x', 'other.example')));
    expect(other.headers).toMatchObject({ accept: 'image/*' });
    for (const name of ['authorization', 'cookie', 'x-api-key', 'referer'])
      expect(other.headers).not.toHaveProperty(name);
    await expect(open(hop('http://inside.example/'))).rejects.toMatchObject({ reason: 'forbidden' });
    await expect(open(hop('file:///etc/passwd'))).rejects.toMatchObject({ reason: 'bad-url' });
    const posted = { method: 'POST', body: 'secret' };
    expect(await asked(hop('/x', 303), posted)).toMatchObject({ method: 'GET', body: '' });
    expect(await asked(hop('/x', 307), posted)).toMatchObject({ method: 'POST', body: 'secret' });
    await expect(asked(hop(server.at('/', 'other.example'), 307), posted)).rejects.toMatchObject({ reason: 'bad-url' });
  });

  it.each([
    ['https://a.example/', 'http://a.example/x'],
    ['https://a.example/', 'http://b.example/x'],
    ['https://a.example/', 'ftp://a.example/x'],
    ['https://a.example/', 'https://me:secret@a.example/x'],
    ['http://a.example/', 'javascript:1'],
  ])('from %s nothing leads to %s, on whatever hop', (from, to) => {
    expect(() => redirected(new URL(from), to, refuse)).toThrow(Refused);
  });

  it('leads from one encrypted connection to another, and to one from one that is not', () => {
    expect(redirected(new URL('https://a.example/y/'), '../x', refuse).href).toBe('https://a.example/x');
    expect(redirected(new URL('http://a.example/'), 'https://b.example/', refuse).href).toBe('https://b.example/');
  });

  it('follows three redirects', async () => {
    await using server = await served(leading);
    const around = (times: number): string => (times === 0 ? '/end' : `/?to=${encodeURIComponent(around(times - 1))}`);
    expect((await open(server.at(around(3)))).status).toBe(200);
    await expect(open(server.at(around(4)))).rejects.toMatchObject({ reason: 'too-many-redirects' });
    await expect(open(server.at(around(1)), { redirects: 0 })).rejects.toMatchObject({ reason: 'too-many-redirects' });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('counts what %s hides', async (coding, pack) => {
    const packed = pack(Buffer.alloc(100_000));
    await using server = await served((_, response) => {
      response.setHeader('Content-Encoding', coding);
      response.end(packed);
    });
    expect((await (await open(server.at('/'))).arrayBuffer()).byteLength).toBe(100_000);
    const small = await open(server.at('/'), { maxBytes: 99_999 });
    await expect(small.arrayBuffer()).rejects.toMatchObject({ reason: 'too-large' });
  });

  it('reads no more than it may, whether the length is told or not', async () => {
    await using server = await served((request, response) => {
      if (request.url === '/told') response.setHeader('Content-Length', 2_000_000);
      response.write(Buffer.alloc(1_000_000));
      response.end(Buffer.alloc(1_000_000));
    });
    await expect(open(server.at('/told'))).rejects.toMatchObject({ reason: 'too-large' });
    const untold = await open(server.at('/'));
    await expect(untold.arrayBuffer()).rejects.toMatchObject({ reason: 'too-large' });
  });

  it('does not wait for ever, before the answer or within it', async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await served((request, response) => {
      if (request.url === '/body') response.write('begun');
      asked.resolve();
    });
    await expect(open(server.at('/'), { timeout: 300 })).rejects.toMatchObject({ reason: 'too-slow' });
    const stop = new AbortController();
    const begun = await open(server.at('/body'), { signal: stop.signal });
    const body = begun.text();
    stop.abort();
    await expect(body).rejects.toMatchObject({ reason: 'aborted' });
    await expect(open(server.at('/'), { signal: stop.signal })).rejects.toMatchObject({ reason: 'aborted' });
  });

  it('tells a line that broke from an answer', async () => {
    await using server = await served((request, response) => {
      if (request.url === '/body') response.writeHead(200, { 'Content-Length': 10 }).write('half');
      setImmediate(() => request.socket.destroy());
    });
    await expect(open(server.at('/'))).rejects.toMatchObject({ reason: 'bad-answer' });
    await expect(open(server.at('/body')).then((answer) => answer.text())).rejects.toMatchObject({
      reason: 'bad-answer',
    });
    await expect(open('http://files.example:1/')).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('closes the connection when nobody wants the rest', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await served((request, response) => {
      request.socket.on('close', () => gone.resolve());
      response.write('begun');
    });
    const answer = await open(server.at('/'));
    await answer.body?.cancel();
    await gone.promise;
  });

  /** Bytes that come one chunk after the other, each when it is asked for. */
  function chunks(count: number, size = 65_536): ReadableStream<Uint8Array> {
    let left = count;
    return new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(size));
        else controller.close();
      },
    });
  }

  it.each([undefined, 16 * 65_536])('sends a body as it comes (its size told: %s)', async (size) => {
    let read = 0;
    await using server = await served(async (request, response) => {
      for await (const chunk of request) read += (chunk as Buffer).length;
      response.end(JSON.stringify(request.headers));
    });
    const answer = await open(server.at('/'), { method: 'PUT', body: chunks(16), size, namedBy: 'account' });
    expect(await answer.json()).toMatchObject(
      size === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(size) },
    );
    expect(read).toBe(16 * 65_536);
  });

  it('sends a body no faster than it is taken, and no further once it is answered', async () => {
    let pulled = 0;
    const cancelled = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel: () => cancelled.resolve(),
    });
    await using server = await served((_, response) => void response.writeHead(413).end('too much'));
    const answer = await open(server.at('/'), { method: 'POST', body: endless, namedBy: 'operator' });
    expect([answer.status, await answer.text()]).toEqual([413, 'too much']);
    await cancelled.promise;
    expect(pulled).toBeLessThan(1000);
  });

  it('rejects with what the body failed with, and takes no stream elsewhere', async () => {
    await using server = await served(leading);
    const broken = new Error('the file is gone');
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) });
    await expect(open(server.at('/'), { method: 'POST', body })).rejects.toBe(broken);
    const hop = server.at('/?status=307&to=/x');
    await expect(open(hop, { method: 'POST', body: chunks(1) })).rejects.toMatchObject({ reason: 'bad-url' });
  });

  it('keeps connections to hosts that were named here, each under its own rules', async () => {
    const lines = new Set<unknown>();
    await using server = await served((request, response) => {
      lines.add(request.socket);
      return mirror(request, response);
    });
    const fetch = openFetch({ connect: openConnect({ lookup, allowed }), refuse });
    const ask = async (init: Parameters<Fetch>[1]) => (await fetch(server.at('/'), init)).text();
    for (let n = 0; n < 3; n++) await ask({ namedBy: 'account' });
    await (await fetch(server.at('/'), { method: 'HEAD', namedBy: 'account' })).text();
    expect(lines.size).toBe(1);
    await ask({ namedBy: 'operator' });
    expect(lines.size).toBe(2);
    for (let n = 0; n < 2; n++) await ask({});
    expect(lines.size).toBe(4);
    const inside = server.at('/', '127.0.0.2');
    await expect(fetch(inside, { namedBy: 'account' })).rejects.toMatchObject({ reason: 'forbidden' });
    fetch.close();
  });

  it('keeps answers to what is asked from waiting behind those that come with news', async () => {
    const waiting: ServerResponse[] = [];
    await using server = await served((request, response) => {
      if (request.url === '/news') waiting.push(response);
      else response.end('now');
    });
    const fetch = openFetch({ connect: openConnect({ lookup, allowed }), refuse });
    const polls = Array.from({ length: 100 }, () => fetch(server.at('/news'), { namedBy: 'account', waits: true }));
    expect(await (await fetch(server.at('/'), { namedBy: 'account' })).text()).toBe('now');
    await expect.poll(() => waiting.length).toBe(100);
    for (const response of waiting) response.end();
    for (const answer of await Promise.all(polls)) await answer.text();
    fetch.close();
  });

  it('asks again where a kept connection was closed meanwhile, what may be asked twice', async () => {
    let count = 0;
    await using server = await served((request, response) => {
      // The second request on a line is met by a reset.
      if (++count === 2) return void request.socket.resetAndDestroy();
      mirror(request, response);
    });
    const ask = async (method: string) => (await open(server.at('/'), { method, namedBy: 'account' })).text();
    await ask('GET');
    await ask('GET');
    expect(count).toBe(3);
    count = 1;
    await expect(ask('POST')).rejects.toMatchObject({ reason: 'bad-answer' });
  });

  it('takes as long as the caller says only where the host was named here', async () => {
    const time = AbortSignal.timeout;
    const asked: number[] = [];
    AbortSignal.timeout = (ms) => {
      asked.push(ms);
      return time.call(AbortSignal, ms);
    };
    try {
      await using server = await served(mirror);
      const ask = async (init: Parameters<Fetch>[1]) => (await open(server.at('/'), init)).text();
      for (const namedBy of ['operator', 'account', undefined] as const) await ask({ timeout: 120_000, namedBy });
      await ask({ namedBy: 'account' });
    } finally {
      AbortSignal.timeout = time;
    }
    expect(asked).toEqual([120_000, 120_000, 30_000, 30_000]);
  });

  it('gives up what a kept connection answers, too', async () => {
    await using server = await served((request, response) => {
      response.write('begun');
      if (request.url === '/end') response.end();
    });
    const stop = new AbortController();
    const begun = await open(server.at('/'), { signal: stop.signal, namedBy: 'account' });
    const body = begun.text();
    stop.abort();
    await expect(body).rejects.toMatchObject({ reason: 'aborted' });
    expect(await (await open(server.at('/end'), { namedBy: 'account' })).text()).toBe('begun');
  });
});
