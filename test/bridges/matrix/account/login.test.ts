import { describe, expect, it } from 'vitest';
import { loginOf } from '#bridges/matrix/account/connection.ts';
import { passwordAndToken } from '#bridges/matrix/account/login.ts';
import { byOauth } from '#bridges/matrix/account/oauth.ts';
import { keepDevice } from '#bridges/matrix/account/soft-logout.ts';
import { bySso, serveSso } from '#bridges/matrix/account/sso.ts';
import { config } from '#bridges/matrix/config.ts';
import type { Credentials, Host, Login, Serve, Step } from '#src/bridge.ts';
import type { Answer } from '#src/model/form.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { memoryState } from '../../../contract/memory-state.ts';
import { handClock } from '../../../hand-clock.ts';

const settings = config.parse({
  homeserver: { url: 'https://hs.example', name: 'hs.example' },
  appservice: { as_token: 'a', hs_token: 'h' },
});
const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const clock = handClock();

type Answers = Readonly<Record<string, (body: Record<string, unknown>) => Response>>;

function world(answers: Answers) {
  const asked: { readonly path: string; readonly body: Record<string, unknown> }[] = [];
  let serve: Serve | undefined;
  const host = {
    ...{ clock, signal: new AbortController().signal, state: memoryState(clock).state },
    async fetch(url: string, { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {}) {
      const path = new URL(url).pathname.replace('/_matrix/client', '');
      const isForm = headers['Content-Type']?.includes('form') ?? false;
      const read = isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body || '{}');
      asked.push({ path, body: read });
      return answers[path]?.(read) ?? Response.json({ errcode: 'M_UNRECOGNIZED' }, { status: 404 });
    },
    http: {
      route: (_route: unknown, answer: Serve) => {
        serve = answer;
      },
      url: (path: string) => `https://gw.example/hooks/matrix.example${path}`,
    },
  } as unknown as Host;
  serveSso(host);
  return {
    host,
    asked,
    browser: (id: string, token: string) => serve?.(new Request(`https://gw.example/sso?loginToken=${token}`), { id }),
  };
}

/** Plays a dialogue: `fill` answers forms, and `meanwhile` sees what is shown. */
async function play(login: Login<typeof settings>, host: Host, fill: Answer, meanwhile: (step: Step) => unknown) {
  const dialogue = login.start({ config: settings, host, account, realm: '' });
  let next = await dialogue.next({});
  while (!next.done) {
    const step = next.value;
    await meanwhile(step);
    let given: Answer = {};
    if (step.kind === 'form') given = fill;
    if (step.kind === 'act') given = (await step.run()) as Answer;
    if (step.kind === 'wait') await step.until;
    next = await dialogue.next(given);
  }
  return loginOf(next.value as Credentials);
}

const [byPassword, byToken] = passwordAndToken;
const nothing = () => undefined;

describe('a login on Matrix', () => {
  it('goes by password, and says what was wrong', async () => {
    const { host, asked } = world({
      '/v3/login': ({ password }) =>
        password === 'pw'
          ? Response.json({ user_id: '@romeo:hs.example', device_id: 'D', access_token: 't', refresh_token: 'r' })
          : Response.json({ errcode: 'M_FORBIDDEN' }, { status: 403 }),
    });
    if (!byPassword) throw new Error('there is no such login');
    const fill = { user: ['romeo'], password: ['pw'], encryption: ['true'] };
    expect(await play(byPassword, host, fill, nothing)).toEqual({
      ...{
        user: '@romeo:hs.example',
        device: 'D',
        url: 'https://hs.example',
        token: 't',
        refresh: 'r',
        encryption: true,
      },
    });
    expect(asked[0]?.body).toMatchObject({ identifier: { user: '@romeo:hs.example' }, refresh_token: true });
    await expect(play(byPassword, host, { ...fill, password: ['no'] }, nothing)).rejects.toMatchObject({
      ...{ code: 'not-permitted', foreign: 'M_FORBIDDEN' },
    });
    // The operator has named one homeserver: nobody has us ask another.
    const other = { ...fill, user: ['@romeo:other.example'] };
    await expect(play(byPassword, host, other, nothing)).rejects.toMatchObject({ code: 'not-allowed' });
    expect(asked).toHaveLength(2);
  });

  it('is the device again that its homeserver has kept, and no other user is', async () => {
    const { host, asked } = world({
      '/v3/login': ({ identifier, device_id = 'NEW' }) =>
        Response.json({ user_id: (identifier as { user: string }).user, device_id, access_token: 't' }),
    });
    if (!byPassword) throw new Error('there is no such login');
    await keepDevice(host.state, account, { user: '@romeo:hs.example', device: 'D' });
    const fill = { user: ['romeo'], password: ['pw'], encryption: ['true'] };
    expect(await play(byPassword, host, fill, nothing)).toMatchObject({ device: 'D' });
    expect(await play(byPassword, host, { ...fill, user: ['juliet'] }, nothing)).toMatchObject({ device: 'NEW' });
    expect(asked.map(({ body }) => body.device_id)).toEqual(['D', undefined]);
  });

  it('goes by token', async () => {
    const { host } = world({ '/v3/account/whoami': () => Response.json({ user_id: '@r:hs.example', device_id: 'D' }) });
    if (!byToken) throw new Error('there is no such login');
    const fill = { server: ['hs.example'], token: ['t'], encryption: ['false'] };
    expect(await play(byToken, host, fill, nothing)).toMatchObject({
      user: '@r:hs.example',
      token: 't',
      encryption: false,
    });
  });

  it('goes by token without encryption where its device has keys of another client, which ours would replace', async () => {
    if (!byToken) throw new Error('there is no such login');
    const fill = { server: ['hs.example'], token: ['t'], encryption: ['true'] };
    const keys = { 'ed25519:D': 'k' };
    const of = (device: string, answer: object, kept: readonly object[] = []) => {
      const { host } = world({
        '/v3/account/whoami': () => Response.json({ user_id: '@r:hs.example', device_id: device }),
        '/v3/keys/query': () => Response.json({ device_keys: answer }),
      });
      return { ...host, state: { list: async () => kept } } as unknown as Host;
    };
    const other = { '@r:hs.example': { D: { keys } } };
    await expect(play(byToken, of('D', other), fill, nothing)).rejects.toMatchObject({ code: 'not-allowed' });
    // What is kept here is the same device; one that has none gets its first.
    expect(await play(byToken, of('D', other, [{}]), fill, nothing)).toMatchObject({ encryption: true });
    for (const none of [{}, { '@r:hs.example': {} }, { '@r:hs.example': { D: {} } }])
      expect(await play(byToken, of('D', none), fill, nothing)).toMatchObject({ encryption: true });
    const plain = { ...fill, encryption: ['false'] };
    expect(await play(byToken, of('D', other), plain, nothing)).toMatchObject({ encryption: false });
  });

  it('goes by a browser that comes back', async () => {
    const { host, asked, browser } = world({
      '/v3/login': ({ type }) =>
        type === undefined
          ? Response.json({ flows: [{ type: 'm.login.sso' }] })
          : Response.json({ user_id: '@r:hs.example', device_id: 'D', access_token: 't' }),
    });
    let id = '';
    const meanwhile = async (step: Step) => {
      if (step.kind === 'show') {
        const back = new URL(step.url ?? '').searchParams.get('redirectUrl') ?? '';
        id = back.split('/').at(-1) ?? '';
        expect((await browser('somebody-else', 'x'))?.status).toBe(410);
      }
      if (step.kind === 'wait') expect((await browser(id, 'once'))?.status).toBe(200);
    };
    const fill = { server: ['hs.example'], encryption: ['true'] };
    expect(await play(bySso, host, fill, meanwhile)).toMatchObject({ user: '@r:hs.example', token: 't' });
    expect(asked.at(-1)?.body).toMatchObject({ type: 'm.login.token', token: 'once' });
    expect((await browser(id, 'twice'))?.status).toBe(410);
  });

  it('goes by OAuth with another device', async () => {
    let tries = 0;
    const auth = 'https://auth.example';
    const { host, asked } = world({
      '/v1/auth_metadata': () =>
        Response.json({
          issuer: auth,
          registration_endpoint: `${auth}/register`,
          device_authorization_endpoint: `${auth}/device`,
          token_endpoint: `${auth}/token`,
          grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
        }),
      '/register': () => Response.json({ client_id: 'c1' }),
      '/device': () =>
        Response.json({
          device_code: 'dc',
          verification_uri_complete: `${auth}/link?code=AB`,
          interval: 5,
          expires_in: 600,
        }),
      '/token': () =>
        ++tries < 3
          ? Response.json({ error: 'authorization_pending' }, { status: 400 })
          : Response.json({ access_token: 't', refresh_token: 'r', expires_in: 300 }),
      '/v3/account/whoami': () => Response.json({ user_id: '@r:hs.example', device_id: 'D' }),
    });
    const shown: string[] = [];
    const ticking = setInterval(() => clock.advance(5_000), 1);
    try {
      const meanwhile = (step: Step) => step.kind === 'show' && shown.push(step.qr ?? '');
      const linked = await play(byOauth, host, { server: ['hs.example'], encryption: ['true'] }, meanwhile);
      expect(linked).toMatchObject({ user: '@r:hs.example', token: 't', refresh: 'r', oauth: { client: 'c1' } });
    } finally {
      clearInterval(ticking);
    }
    expect([shown, tries]).toEqual([[`${auth}/link?code=AB`], 3]);
    expect(asked.find(({ path }) => path === '/device')?.body.scope).toMatch(/client:api:\* .*client:device:ISTHMUS/);
  });
});
