import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import { type Homeserver, openHomeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { testHost } from '../../../contract/host.ts';
import { PATIENCE } from '../../../patience.ts';

/** Asks a server that answers as `answer` does. */
async function asking<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  ask: (server: Homeserver) => Promise<T>,
) {
  const asked: string[] = [];
  const fake = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(fake, 'listening');
  const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
  const host = { ...testHost('matrix.example', {}).host, clock: systemClock };
  const server = openHomeserver({ host, url, namedBy: 'operator', timeout: PATIENCE, token: () => 'secret' });
  try {
    return { asked, outcome: await ask(server).catch((error: unknown) => error) };
  } finally {
    fake.closeAllConnections();
    fake.close();
  }
}

const get = (server: Homeserver) => server.call({ method: 'GET', path: ['v3', 'profile', '@a:hs'] });

it('goes nowhere else with a token', async () => {
  const answer = (_: unknown, response: ServerResponse) =>
    response.writeHead(307, { Location: '/elsewhere' }).end('{}');
  const bytes = (server: Homeserver): Promise<unknown> => server.bytes({ method: 'GET', path: ['x'] });
  for (const ask of [get, bytes]) {
    const { asked, outcome } = await asking<unknown>(answer, ask);
    expect(asked.filter((line) => line.includes('elsewhere'))).toEqual([]);
    expect(outcome).toMatchObject({ name: 'Failure' });
  }
});

it('takes what is no answer for none, and a pause without end for a failure', async () => {
  for (const body of ['', '<html>', '{"a":', 'null x']) {
    const { outcome } = await asking((_, response) => void response.writeHead(200).end(body), get);
    expect(outcome).toMatchObject({ code: 'remote-server-timeout', certain: true });
  }
  for (const body of ['[]', '7', 'null']) {
    const { outcome } = await asking((_, response) => void response.writeHead(200).end(body), get);
    expect(outcome).toEqual({});
  }
  const limit = { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1e12 };
  const { asked, outcome } = await asking((_, out) => void out.writeHead(429).end(JSON.stringify(limit)), get);
  expect(asked).toHaveLength(1);
  expect(outcome).toMatchObject({ code: 'too-fast', retryAfter: 300_000 });
});

it.each([
  { wish: '7', body: {}, pause: 7000 },
  { wish: '7', body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 9000 }, pause: 7000 },
  { wish: 'Sun, 29 Nov 2026 10:00:30 GMT', body: { errcode: 'M_LIMIT_EXCEEDED' }, pause: 30_000 },
  { wish: 'soon', body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 9000 }, pause: 9000 },
  { wish: '-7', body: { errcode: 'M_LIMIT_EXCEEDED' }, pause: undefined },
])('waits for what the header asks, before what the body does: $wish', async ({ wish, body, pause }) => {
  const headers = { 'Retry-After': wish, Date: 'Sun, 29 Nov 2026 10:00:00 GMT' };
  const { outcome } = await asking(
    (_, response) => void response.writeHead(429, headers).end(JSON.stringify(body)),
    (server) => server.call({ method: 'GET', path: ['v3', 'profile', '@a:hs'], tries: 1 }),
  );
  expect(outcome).toMatchObject({ code: 'too-fast', certain: true });
  expect((outcome as { retryAfter?: number }).retryAfter).toBe(pause);
});

it('asks below the path that it means, whatever is in it', async () => {
  const ask = (segment: string) =>
    asking(
      (_, response) => void response.end('{}'),
      (server) => server.call({ method: 'GET', path: ['v3', 'rooms', segment, 'event'] }),
    );
  for (const segment of ['..', '.', '$\ud800']) {
    const { asked, outcome } = await ask(segment);
    expect(asked).toEqual([]);
    expect(outcome).toMatchObject({ code: 'item-not-found' });
  }
  expect((await ask('../a?b#c')).asked).toEqual(['GET /_matrix/client/v3/rooms/..%2Fa%3Fb%23c/event']);
});

it('makes each call in the name of whom it is for, though one client of the library makes them all', async () => {
  const ask = (server: Homeserver) =>
    Promise.all(
      ['@a:hs', undefined, '@b:hs'].map((as) => server.call({ method: 'GET', path: ['v3', 'x'], query: { n: 1 }, as })),
    );
  const { asked } = await asking((_, response) => void response.end('{}'), ask);
  const url = '/_matrix/client/v3/x?n=1';
  expect(asked.sort()).toEqual([`GET ${url}`, `GET ${url}&user_id=%40a%3Ahs`, `GET ${url}&user_id=%40b%3Ahs`]);
});

it('takes content of an event with an errcode for content, and keeps the log of the library to itself', async () => {
  using out = vi.spyOn(console, 'error');
  using log = vi.spyOn(console, 'log');
  const body = { errcode: 'M_FORBIDDEN', retry_after_ms: 5 };
  const { outcome } = await asking((_, response) => void response.end(JSON.stringify(body)), get);
  expect(outcome).toEqual(body);
  const refused = await asking((_, out) => void out.writeHead(403).end(JSON.stringify(body)), get);
  expect(refused.outcome).toMatchObject({ code: 'not-permitted', foreign: 'M_FORBIDDEN' });
  expect([...out.mock.calls, ...log.mock.calls]).toEqual([]);
});

it('lets the library ask nothing that no transport makes', async () => {
  await asking((_, response) => void response.end('{}'), get);
  const { MatrixClient } = await import('matrix-bot-sdk');
  const client = new MatrixClient('http://127.0.0.1:9', 'secret');
  await expect(client.getUserId()).rejects.toThrow('no transport');
});
