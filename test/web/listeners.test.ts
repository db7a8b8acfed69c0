import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { Sealed } from '#src/model/sealed.ts';
import { ListenFailure, openSite, type Readiness, startWeb } from '#src/web/listeners.ts';

const FREE = { host: '127.0.0.1', port: 0 };
const log = openLog('silent');
const nothing = openSite({ publicUrl: undefined, clock: systemClock, metrics: openMetrics() });

/** Both listeners, with a readiness that a test can change. */
async function web(token?: string) {
  const metrics = openMetrics();
  const state: { now: Readiness } = { now: { ready: true, transports: { 'a.example': 'online' } } };
  const admin = { listen: FREE, token: token === undefined ? undefined : new Sealed(token) };
  const opened = await startWeb({
    http: { listen: FREE },
    admin,
    log,
    site: nothing,
    registry: metrics.registry,
    readiness: () => state.now,
  });
  const get = (listener: string, path: string, headers = {}) =>
    fetch(`http://${opened.addresses[listener]}${path}`, { headers });
  return {
    metrics,
    state,
    get,
    addresses: opened.addresses,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

describe('the listeners', () => {
  it.each(['http', 'admin'])('%s tells whether the gateway lives and whether it can be used', async (listener) => {
    await using site = await web();
    expect((await site.get(listener, '/healthz')).status).toBe(200);
    const ready = await site.get(listener, '/readyz');
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, transports: { 'a.example': 'online' } }]);
    site.state.now = { ready: false, transports: { 'a.example': 'connecting' } };
    const waiting = await site.get(listener, '/readyz');
    expect([waiting.status, await waiting.json()]).toEqual([
      503,
      { ready: false, transports: { 'a.example': 'connecting' } },
    ]);
  });

  it('show metrics to the operator, not to the public', async () => {
    await using site = await web();
    site.metrics.count('isthmus_bugs_total');
    site.metrics.gauge('isthmus_link_online', 1, { transport: 'a.example' });
    const text = await (await site.get('admin', '/metrics')).text();
    expect(text).toContain('isthmus_bugs_total 1\n');
    expect(text).toContain('isthmus_link_online{transport="a.example"} 1\n');
    expect(text).toContain('isthmus_process_cpu_seconds_total');
    expect((await site.get('http', '/metrics')).status).toBe(404);
  });

  it.each([
    [undefined, 401],
    ['hush', 401],
    ['Bearer', 401],
    ['Bearer hus', 401],
    ['Bearer hush-hush', 401],
    ['Basic hush', 401],
    ['Bearer hush', 200],
    ['bearer  hush', 200],
  ])('ask for the token: %s gives %i', async (header, status) => {
    await using site = await web('hush');
    const answer = await site.get('admin', '/metrics', header === undefined ? {} : { Authorization: header });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('WWW-Authenticate')).toBe(status === 401 ? 'Bearer realm="isthmus"' : null);
    expect((await site.get('admin', '/readyz')).status).toBe(200);
  });

  it.each(['/healthz', '/nothing', '/metrics'])(
    'send headers that forbid what browsers might do with %s',
    async (path) => {
      await using site = await web('hush');
      const { headers } = await site.get('admin', path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-robots-tag': 'noindex',
        'cache-control': 'no-store',
      });
    },
  );

  it('answer a failure of ours with a number to find it by, and go on', async () => {
    await using site = await web();
    Object.defineProperty(site.state, 'now', {
      get() {
        throw new Error('no state');
      },
    });
    const answer = await site.get('http', '/readyz');
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringMatching(/^internal error [0-9a-f]{8}\n$/),
    ]);
    expect((await site.get('http', '/healthz')).status).toBe(200);
  });

  it('close although a client keeps its connection open', async () => {
    const site = await web();
    const [host = '', port] = (site.addresses.http ?? '').split(':');
    const socket = connect(Number(port), host);
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy()).resume();
    const closed = once(socket, 'close');
    await site[Symbol.asyncDispose]();
    await closed;
    await expect(site.get('http', '/healthz')).rejects.toThrow();
  });

  it('say whose address is taken, and leave none of the others open', async () => {
    await using site = await web();
    const [host = '', port] = (site.addresses.http ?? '').split(':');
    const taken = { host, port: Number(port) };
    const again = startWeb({
      http: { listen: FREE },
      admin: { listen: taken },
      log,
      site: nothing,
      registry: site.metrics.registry,
      readiness: () => site.state.now,
    });
    await expect(again).rejects.toThrow(
      new ListenFailure(`cannot listen on ${host}:${port} (admin.listen): another program uses the port`),
    );
  });

  it('are none where none is configured', async () => {
    await using none = await startWeb({
      http: undefined,
      admin: undefined,
      log,
      site: nothing,
      registry: openMetrics().registry,
      readiness: () => ({ ready: true, transports: {} }),
    });
    expect(none.addresses).toEqual({});
  });
});
