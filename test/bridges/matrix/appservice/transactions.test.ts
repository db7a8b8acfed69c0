import { expect, it } from 'vitest';
import { serveTransactions, type TransactionParts } from '#bridges/matrix/appservice/transactions.ts';
import { config } from '#bridges/matrix/config.ts';
import type { Serve } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { testHost } from '../../../contract/host.ts';

const settings = config.parse({
  homeserver: { url: 'http://127.0.0.1:1', name: 'hs.example' },
  appservice: { as_token: 'as', hs_token: 'hs' },
});

/** The routes of an application service whose events `take` takes. */
function served(more: Partial<TransactionParts> = {}) {
  const routes = new Map<string, Serve>();
  const taken: unknown[] = [];
  const parts = testHost(
    'matrix.example',
    {},
    {
      http: { url: () => undefined, route: ({ method, path }, serve) => void routes.set(`${method} ${path}`, serve) },
    },
  );
  serveTransactions({
    host: parts.host,
    config: settings,
    take: async (event) => void taken.push(event),
    ephemeral: async (edu) => void taken.push(edu),
    user: async (id) => id.includes('romeo'),
    ghostOf: (bare) => `@_xmpp_${bare.replace('@', '=40')}:hs.example`,
    bareOf: (id) => (id === '@_xmpp_romeo=40a.example:hs.example' ? 'romeo@a.example' : undefined),
    paused: () => false,
    ...more,
  });
  const call = async (what: string, params: Record<string, string>, init: RequestInit = {}, query = '') => {
    const serve = routes.get(what);
    if (!serve) throw new Error(`nothing is served at ${what}`);
    const headers = { Authorization: 'Bearer hs', ...init.headers };
    return serve(new Request(`http://gw.example/${query}`, { ...init, headers }), params);
  };
  const put = (body: unknown, id = '1', init: RequestInit = {}) =>
    call(
      'PUT /_matrix/app/v1/transactions/:id',
      { id },
      { method: 'PUT', body: typeof body === 'string' ? body : JSON.stringify(body), ...init },
    );
  return { ...parts, call, put, taken };
}

it('is found by homeservers that know the paths of before alone, and put the token there', async () => {
  const { call, taken } = served();
  const body = JSON.stringify({ events: [{ event_id: '$1' }] });
  const old = { headers: { Authorization: '' } };
  const put = { ...old, method: 'PUT', body };
  expect((await call('PUT /transactions/:id', { id: '1' }, put, '?access_token=hs')).status).toBe(200);
  expect((await call('PUT /transactions/:id', { id: '1' }, put, '?access_token=as')).status).toBe(403);
  // It is the same transaction, wherever it comes.
  const again = { method: 'PUT', body };
  expect((await call('PUT /_matrix/app/v1/transactions/:id', { id: '1' }, again)).status).toBe(200);
  expect(taken).toEqual([{ event_id: '$1' }]);
  expect((await call('GET /users/:id', { id: '@romeo' }, old, '?access_token=hs')).status).toBe(200);
});

it('knows the homeserver by its token, and nobody else', async () => {
  const { put, call, taken } = served();
  const event = { events: [{ event_id: '$1' }] };
  expect((await put(event, '1', { headers: { Authorization: 'Bearer as' } })).status).toBe(403);
  expect((await put(event, '1', { headers: { Authorization: '' } })).status).toBe(401);
  expect((await put(event, '1', { headers: { Authorization: 'Bearer hs hs' } })).status).toBe(403);
  for (const wrong of [
    'Bearer',
    'Bearer ',
    'Bearer HS',
    'bearer hs',
    'Basic hs',
    'Bearer h',
    `Bearer ${'h'.repeat(10_000)}`,
  ])
    expect([401, 403]).toContain((await put(event, '1', { headers: { Authorization: wrong } })).status);
  // A wrong one in the header is not made good by the query.
  const both = { method: 'POST', headers: { Authorization: 'Bearer as' } };
  expect((await call('POST /_matrix/app/v1/ping', {}, both, '?access_token=hs')).status).toBe(403);
  expect(taken).toEqual([]);
  expect((await put(event)).status).toBe(200);
  const old = await call(
    'POST /_matrix/app/v1/ping',
    {},
    { method: 'POST', headers: { Authorization: '' } },
    '?access_token=hs',
  );
  expect(old.status).toBe(200);
});

it('takes a transaction once, with what is no event under both its names', async () => {
  const { put, taken } = served();
  const body = { events: [1], ephemeral: [2], 'de.sorunome.msc2409.ephemeral': [3] };
  await Promise.all([put(body, 'a'), put(body, 'a')]);
  await put(body, 'a');
  expect(taken).toEqual([1, 2, 3]);
  await put(body, 'b');
  expect(taken).toHaveLength(6);
  // A homeserver that was restored from a backup counts anew.
  await put({ events: [7] }, 'a');
  expect(taken.at(-1)).toBe(7);
});

it('answers no 200 for what cannot be kept now, and takes all of it when it comes again', async () => {
  let away = true;
  const seen: unknown[] = [];
  const { put } = served({
    async take(event) {
      if (away) throw new Failure('queue-full');
      seen.push(event);
    },
  });
  expect((await put({ events: [1] })).status).toBe(503);
  away = false;
  expect((await put({ events: [1] })).status).toBe(200);
  expect(seen).toEqual([1]);
});

it('puts away what breaks its reader, and goes on', async () => {
  const seen: unknown[] = [];
  const { put, host } = served({
    async take(event) {
      if (event === null) throw new TypeError('a bug');
      seen.push(event);
    },
  });
  expect((await put({ events: [{ event_id: '$0' }, null, { event_id: '$2' }] })).status).toBe(200);
  expect(seen).toEqual([{ event_id: '$0' }, { event_id: '$2' }]);
  expect(await host.state.list({ prefix: 'poison ' })).toHaveLength(1);
});

it('refuses what is no transaction', async () => {
  const { put, taken } = served();
  for (const wrong of ['', '{', '[]', '7', 'null']) expect((await put(wrong)).status).toBe(400);
  for (const empty of [{}, { events: null }, { events: {} }, { ephemeral: 7 }])
    expect((await put(empty, JSON.stringify(empty))).status).toBe(200);
  expect(taken).toEqual([]);
  expect((await served({ paused: () => true }).put({})).status).toBe(503);
});

it('says who there is', async () => {
  const { call } = served();
  const user = (id: string) => call('GET /_matrix/app/v1/users/:id', { id });
  expect((await user('@_xmpp_romeo=40a.example:hs.example')).status).toBe(200);
  expect((await user('@_xmpp_nobody:hs.example')).status).toBe(404);
  const found = await call(
    'GET /_matrix/app/v1/thirdparty/user/:protocol',
    { protocol: 'xmpp' },
    {},
    '?jid=Romeo@a.example',
  );
  expect(await found.json()).toEqual([
    { userid: '@_xmpp_romeo=40a.example:hs.example', protocol: 'xmpp', fields: { jid: 'romeo@a.example' } },
  ]);
  for (const jid of ['', 'romeo', 'a@b@c', 'a@b/c'])
    expect(
      (await call('GET /_matrix/app/v1/thirdparty/user/:protocol', { protocol: 'xmpp' }, {}, `?jid=${jid}`)).status,
    ).toBe(404);
  expect((await call('GET /_matrix/app/v1/thirdparty/protocol/:protocol', { protocol: 'irc' })).status).toBe(404);
  const whose = (id: string) =>
    call('GET /_matrix/app/v1/thirdparty/user', {}, {}, `?userid=${encodeURIComponent(id)}`);
  expect(await (await whose('@_xmpp_romeo=40a.example:hs.example')).json()).toEqual([
    { userid: '@_xmpp_romeo=40a.example:hs.example', protocol: 'xmpp', fields: { jid: 'romeo@a.example' } },
  ]);
  for (const nobody of ['', '@alice:hs.example']) expect((await whose(nobody)).status).toBe(404);
  for (const path of ['rooms/:alias', 'thirdparty/location', 'thirdparty/location/:protocol'])
    expect((await call(`GET /_matrix/app/v1/${path}`, { alias: '#x:hs.example', protocol: 'xmpp' })).status).toBe(404);
});
