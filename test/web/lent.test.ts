import { describe, expect, it } from 'vitest';
import type { Bridge } from '#src/bridge.ts';
import { openLending } from '#src/core/media/lending.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openKey } from '#src/store/index.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { handClock } from '../hand-clock.ts';

const PUBLIC = 'https://gw.example.org';
const DAY = 86_400_000;
const whole = Uint8Array.from({ length: 100 }, (_, n) => n);
const streamed = (bytes: Uint8Array) => ReadableStream.from([bytes]) as ReadableStream<Uint8Array>;
const ones = '1'.repeat(64);

/** What a network with one file does with a range. */
const ranged: Bridge['openFile'] = async (_, range) => {
  if (!range) return { content: streamed(whole), size: 100 };
  const end = Math.min(range.end ?? 99, 99);
  return { content: streamed(whole.slice(range.start, end + 1)), size: 100, range: { start: range.start, end } };
};

/** A network whose files are lent over a real listener. `asked` is what its bridge was asked for. */
async function library(openFile: Bridge['openFile'] = ranged) {
  const clock = handClock();
  const metrics = openMetrics();
  const asked: unknown[] = [];
  const asking: NonNullable<Bridge['openFile']> = (reference, range) => {
    asked.push([reference, range]);
    return openFile?.(reference, range) ?? Promise.reject(new Error('there is nothing'));
  };
  const lendWith = (text: string) =>
    openLending({
      key: openKey({ text }),
      clock,
      publicUrl: PUBLIC,
      retention: DAY,
      bridge: (transport) => (transport === 'net.example' ? { openFile: asking } : undefined),
    });
  const lending = lendWith(ones);
  const site = openSite({ publicUrl: PUBLIC, clock, metrics });
  const web = await startWeb({
    http: { listen: { host: '127.0.0.1', port: 0 } },
    admin: undefined,
    site,
    log: openLog('silent'),
    registry: metrics.registry,
    readiness: () => ({ ready: true, transports: {} }),
  });
  site.open({ lending, lent: 3 });
  return {
    clock,
    asked,
    lendWith,
    lend: lending.lendFor('net.example'),
    ask: (url: string, init?: RequestInit) => fetch(url.replace(PUBLIC, `http://${web.addresses.http}`), init),
    [Symbol.asyncDispose]: () => web[Symbol.asyncDispose](),
  };
}

const rose = { name: 'rose.png', type: 'image/png', size: 100 };
const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());

describe('files that are lent', () => {
  it('are opened when somebody asks, and what they are is in nobody’s sight', async () => {
    await using at = await library();
    const file = at.lend('mxc://a.example/rose KEY', rose);
    expect(file).toEqual({
      ...rose,
      url: expect.stringMatching(/\/media\/lent\/[\w-]+\/rose\.png$/),
      expires: at.clock.now() + DAY,
    });
    expect(Buffer.from(file.url.split('/').at(-2) ?? '', 'base64url').includes('KEY')).toBe(false);
    expect(at.asked).toEqual([]);
    const answer = await at.ask(file.url);
    expect(await bytesOf(answer)).toEqual(whole);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '100',
      'content-security-policy': expect.stringMatching(/sandbox$/),
      'x-content-type-options': 'nosniff',
    });
    const head = await at.ask(file.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, '100']);
    expect(at.asked).toEqual([['mxc://a.example/rose KEY', undefined]]);
  });

  it.each([
    ['bytes=10-19', 100, { start: 10, end: 19 }, 'bytes 10-19/100'],
    ['bytes=-10', 100, { start: 90, end: 99 }, 'bytes 90-99/100'],
    ['bytes=90-', 100, { start: 90, end: 99 }, 'bytes 90-99/100'],
    ['bytes=90-', undefined, { start: 90 }, 'bytes 90-99/100'],
    ['bytes=10-19', undefined, { start: 10, end: 19 }, 'bytes 10-19/100'],
    ['bytes=-10', undefined, undefined, null],
    ['bytes=1-2,4-5', undefined, undefined, null],
  ])('have %s passed on (size known: %s)', async (range, size, passed, told) => {
    await using at = await library();
    const { url } = at.lend('rose', { name: 'rose.png', ...(size !== undefined && { size }) });
    const answer = await at.ask(url, { headers: { Range: range } });
    expect([answer.status, answer.headers.get('Content-Range')]).toEqual([told === null ? 200 : 206, told]);
    expect(at.asked).toEqual([['rose', passed]]);
    const { start = 0, end = 99 }: { start?: number; end?: number } = passed ?? {};
    expect(await bytesOf(answer)).toEqual(whole.slice(start, end + 1));
  });

  it('are whole where the network knows no ranges, and have nothing beyond their end', async () => {
    await using at = await library(async () => ({ content: streamed(whole) }));
    const { url } = at.lend('rose', rose);
    const answer = await at.ask(url, { headers: { Range: 'bytes=10-19' } });
    expect([answer.status, await bytesOf(answer)]).toEqual([200, whole]);
    expect((await at.ask(url, { headers: { Range: 'bytes=100-' } })).status).toBe(416);
    const tag = answer.headers.get('ETag') ?? '';
    const other = await at.ask(url, { headers: { Range: 'bytes=100-', 'If-Range': `${tag}x` } });
    expect(other.status).toBe(200);
  });

  it.each([
    ['item-not-found', 404],
    ['gone', 410],
    ['remote-server-timeout', 502],
    ['not-permitted', 502],
  ] as const)('answer %s with %d', async (code, status) => {
    await using at = await library(() => Promise.reject(new Failure(code, { text: 'secret of the network' })));
    const answer = await at.ask(at.lend('rose', rose).url);
    expect([answer.status, (await answer.text()).includes('secret')]).toEqual([status, false]);
  });

  it('expire after `atMost` where that is shorter than usual, with a page that says so', async () => {
    await using at = await library();
    const short = at.lend('rose', { ...rose, atMost: DAY / 2 });
    expect(short.expires).toBe(at.clock.now() + DAY / 2);
    expect(at.lend('rose', { ...rose, atMost: 2 * DAY }).expires).toBe(at.clock.now() + DAY);
    expect((await at.ask(short.url)).status).toBe(200);
    at.clock.advance(DAY / 2);
    const answer = await at.ask(short.url);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([410, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain('This file has expired');
    expect(at.asked).toHaveLength(1);
  });

  it('expire, and are nobody’s with another name, another key or one letter changed', async () => {
    await using at = await library();
    const { url } = at.lend('rose', { ...rose, lifetime: 10 });
    const status = async (address: string) => (await at.ask(address)).status;
    const [, token = ''] = /lent\/([^/]+)/.exec(url) ?? [];
    const changed = token.replace(/^(.{20})(.)/, (_, head: string, one: string) => head + (one === 'A' ? 'B' : 'A'));
    const wrong = [
      url.replace('rose.png', 'lily.png'),
      url.replace(token, changed),
      url.replace(token, token.slice(0, -4)),
      url.replace(token, 'x'),
      url.replace(token, '%00'),
      at.lendWith('2'.repeat(64)).lendFor('net.example')('rose', rose).url,
      at.lendWith(ones).lendFor('other.example')('rose', rose).url,
    ];
    expect(await Promise.all(wrong.map(status))).toEqual(wrong.map(() => 404));
    expect(at.asked).toEqual([]);
    at.clock.advance(10);
    expect(await status(url)).toBe(410);
    expect(() => at.lend('x'.repeat(2001), rose)).toThrow(Failure);
  });

  it('stop being read when nobody wants the rest, and so many of one account are open at a time', async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1000)),
        cancel: () => cancelled.resolve(),
      });
    await using at = await library(async () => ({ content: endless() }));
    const account = (user: string) => accountKey(user as BareJid, 'net.example');
    const { url } = at.lend('rose', { name: 'rose.png', account: account('romeo@a.example') });
    const stop = new AbortController();
    const open = await Promise.all(Array.from({ length: 3 }, () => at.ask(url, { signal: stop.signal })));
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await at.ask(url)).status).toBe(503);
    // That is nobody else's, nor that of who has a link with others.
    for (const more of [{ account: account('juliet@a.example') }, {}]) {
      const other = await at.ask(at.lend('rose', { name: 'rose.png', ...more }).url);
      expect(other.status).toBe(200);
      await other.body?.cancel();
    }
    stop.abort();
    await cancelled.promise;
    await expect.poll(async () => (await at.ask(url, { method: 'HEAD' })).status).toBe(200);
  });
});
