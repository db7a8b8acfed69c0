import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Http } from '#src/bridge.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { Failure } from '#src/model/failure.ts';
import { BODY_TIME } from '#src/web/body.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { handClock } from '../hand-clock.ts';

const PUBLIC = 'https://gw.example.org/isthmus';

/** A public listener with the routes of one transport, `net.example`. */
async function listener(routes: (http: Http) => void, publicUrl: string | undefined = PUBLIC) {
  const metrics = openMetrics();
  const clock = handClock();
  const site = openSite({ publicUrl, clock, metrics });
  const http = site.http('net.example');
  routes(http);
  const web = await startWeb({
    http: { listen: { host: '127.0.0.1', port: 0 } },
    admin: undefined,
    site,
    log: openLog('silent'),
    registry: metrics.registry,
    readiness: () => ({ ready: true, transports: {} }),
  });
  site.open({});
  const at = `http://${web.addresses.http}`;
  return {
    site,
    http,
    clock,
    metrics,
    port: Number(at.split(':').at(-1)),
    ask: (path: string, init?: RequestInit) => fetch(`${at}${path}`, init),
    [Symbol.asyncDispose]: () => web[Symbol.asyncDispose](),
  };
}

const echo = async (request: Request) =>
  Response.json({ url: request.url, body: Buffer.from(await request.arrayBuffer()).toString('hex') });
const post = (body: NonNullable<RequestInit['body']>): RequestInit =>
  ({ method: 'POST', body, duplex: 'half' }) as RequestInit;

describe('routes of a transport', () => {
  it('are told our own address and the bytes as they came, whatever the request claims', async () => {
    await using at = await listener((http) => http.route({ method: 'POST', path: 'sms/in', maxBytes: 100 }, echo));
    const claims = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'ftp' };
    const answer = await at.ask('/hooks/net.example/sms/in?a=1&a=%2f2', {
      ...post(new Uint8Array([0, 255, 13, 10])),
      headers: claims,
    });
    expect(await answer.json()).toEqual({ url: `${PUBLIC}/hooks/net.example/sms/in?a=1&a=%2f2`, body: '00ff0d0a' });
    expect(at.http.url('sms/in')).toBe(`${PUBLIC}/hooks/net.example/sms/in`);
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('know no public address where the operator has configured none', async () => {
    await using at = await listener(
      (http) => http.route({ method: 'POST', path: 'in', maxBytes: 100 }, echo),
      undefined,
    );
    expect(
      openSite({ publicUrl: undefined, clock: at.clock, metrics: at.metrics }).http('n').url('in'),
    ).toBeUndefined();
  });

  it('are deep, with parameters that are decoded once', async () => {
    const named = async (request: Request, params: object) => Response.json({ ...params, method: request.method });
    await using at = await listener((http) => {
      http.route({ method: 'PUT', path: '/_matrix/app/v1/transactions/:id', maxBytes: 100 }, named);
      http.route({ method: 'GET', path: '/_matrix/app/v1/users/:who', maxBytes: 0 }, named);
      http.route({ method: 'GET', path: '/_matrix/app/v1/users/me', maxBytes: 0 }, async () => Response.json('me'));
      http.route({ method: 'GET', path: '/rooms/:room/:event', maxBytes: 0 }, named);
    });
    const put: RequestInit = { ...post('{}'), method: 'PUT' };
    const found = async (path: string, init?: RequestInit) => {
      const answer = await at.ask(`/hooks/net.example${path}`, init);
      return answer.ok ? answer.json() : answer.status;
    };
    expect(await found('/_matrix/app/v1/transactions/17?access_token=x', put)).toEqual({ id: '17', method: 'PUT' });
    const users = '/_matrix/app/v1/users';
    const asked = [
      '%40romeo%3Aa.example',
      '@romeo:a.example',
      'a%2Fb',
      '%2540',
      '%E2%99%A5',
      '__proto__',
      'constructor',
    ];
    const heard = await Promise.all(asked.map((who) => found(`${users}/${who}`)));
    expect(heard.map((one) => (one as { who: string }).who)).toEqual([
      '@romeo:a.example',
      '@romeo:a.example',
      'a/b',
      '%40',
      '♥',
      '__proto__',
      'constructor',
    ]);
    expect(await found(`${users}/me`)).toBe('me');
    expect(await found('/rooms/%21r%3Aa/%24e')).toEqual({ room: '!r:a', event: '$e', method: 'GET' });
    for (const path of [`${users}/`, users, `${users}/a/b`, `${users}/%`, `${users}/%ff`, '/rooms//e'])
      expect(await found(path)).toBe(404);
    expect(await found(`${users}/a`, put)).toBe(405);
  });

  it('are found by their exact path and method', async () => {
    await using at = await listener((http) => http.route({ method: 'POST', path: 'in', maxBytes: 100 }, echo));
    const statuses = async (...paths: string[]) =>
      Promise.all(paths.map(async (path) => (await at.ask(path, post(''))).status));
    expect(
      await statuses(
        '/hooks/net.example/in',
        '/hooks/net.example/in/',
        '/hooks/net.example/IN',
        '/hooks/other/in',
        '/hooks',
        '/in',
      ),
    ).toEqual([200, 404, 404, 404, 404, 404]);
    const wrong = await at.ask('/hooks/net.example/in');
    expect([wrong.status, wrong.headers.get('Allow')]).toEqual([405, 'POST']);
    expect(() => at.http.route({ method: 'POST', path: '/in', maxBytes: 1 }, echo)).toThrow('is served already');
  });

  it.each([
    ['with its length told', () => new Uint8Array(11)],
    ['in chunks', () => ReadableStream.from([new Uint8Array(6), new Uint8Array(5)])],
  ])('refuse a body that is too large, %s', async (_, body) => {
    await using at = await listener((http) => http.route({ method: 'POST', path: 'in', maxBytes: 10 }, echo));
    expect((await at.ask('/hooks/net.example/in', post(body()))).status).toBe(413);
    expect((await at.ask('/hooks/net.example/in', post(new Uint8Array(10)))).status).toBe(200);
  });

  it('do not wait for a body that does not come', async () => {
    await using at = await listener((http) => http.route({ method: 'POST', path: 'in', maxBytes: 100 }, echo));
    const socket = connect(at.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    let text = '';
    const until = (words: string) =>
      new Promise<void>((done) => {
        const look = () => text.includes(words) && done();
        socket.on('data', look);
        look();
      });
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // RFC 9110 §10.1.1: the server says so when it begins to read the body, which proves that it does.
    const expecting = 'Host: x\r\nExpect: 100-continue\r\nContent-Length: 50';
    socket.write(`POST /hooks/net.example/in HTTP/1.1\r\n${expecting}\r\n\r\nslow`);
    await until('100 Continue');
    at.clock.advance(BODY_TIME);
    await until('took too long');
    expect(text).toContain('HTTP/1.1 408 ');
    socket.destroy();
  });

  it.each([
    [new Failure('not-permitted'), 403],
    [new Failure('item-not-found'), 404],
    [new Failure('bad-request'), 400],
    [new Failure('too-fast'), 429],
    [new Failure('queue-full'), 503],
    [new Failure('internal'), 500],
    [new Error('hush'), 500],
  ])('answer what they throw: %s gives %i', async (error, status) => {
    await using at = await listener((http) =>
      http.route({ method: 'GET', path: 'in', maxBytes: 0 }, () => Promise.reject(error)),
    );
    const answer = await at.ask('/hooks/net.example/in');
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(text).toEqual(
      status === 500 ? expect.stringMatching(/^internal error [0-9a-f]{8}\n$/) : `${error.message}\n`,
    );
    expect(text).not.toContain('hush');
    expect(answer.headers.get('Retry-After')).toBe(status === 429 || status === 503 ? '30' : null);
  });

  it('are counted by transport and status', async () => {
    await using at = await listener((http) => http.route({ method: 'GET', path: 'in', maxBytes: 0 }, echo));
    for (const path of ['in', 'in', 'nothing']) await at.ask(`/hooks/net.example/${path}`);
    await at.ask('/hooks/net.example/in', post(''));
    const text = await at.metrics.registry.metrics();
    expect(text).toContain('isthmus_hooks_total{transport="net.example",status="200"} 2\n');
    expect(text).toContain('isthmus_hooks_total{transport="net.example",status="405"} 1\n');
    expect(text).not.toContain('status="404"');
  });

  it('end what they have begun when the gateway stops, and begin nothing more', async () => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<Response>();
    await using at = await listener((http) =>
      http.route({ method: 'GET', path: 'in', maxBytes: 0 }, () => {
        begun.resolve();
        return end.promise;
      }),
    );
    const first = at.ask('/hooks/net.example/in');
    await begun.promise;
    const closing = at.site.close();
    expect((await at.ask('/hooks/net.example/in')).status).toBe(503);
    end.resolve(new Response('done'));
    await closing;
    expect(await (await first).text()).toBe('done');
  });

  it('ask for patience until the bridges are there', async () => {
    const site = openSite({ publicUrl: PUBLIC, clock: handClock(), metrics: openMetrics() });
    const answer = await site.hook(new Request(`${PUBLIC}/hooks/net.example/in`));
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
  });
});
