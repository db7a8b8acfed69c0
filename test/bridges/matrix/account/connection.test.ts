import { describe, expect, it } from 'vitest';
import { credentialsOf, loginOf, type MatrixLogin, openConnection } from '#bridges/matrix/account/connection.ts';
import { keptDevice } from '#bridges/matrix/account/soft-logout.ts';
import type { Credentials, Host, SessionKey } from '#src/bridge.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { memoryState } from '../../../contract/memory-state.ts';
import { type HandClock, handClock } from '../../../hand-clock.ts';

const key: SessionKey = { account: accountKey('romeo@a.example' as BareJid, 'matrix.example'), realm: '' };
const login: MatrixLogin = {
  ...{ user: '@romeo:hs.example', device: 'DEVICE', url: 'https://hs.example', token: 't1', encryption: true },
};

type Told = { readonly path: string; readonly token: string | null; readonly body: string };

/** A homeserver of a few words, and a house that keeps what it is given. */
function world(answer: (told: Told) => Response) {
  const asked: Told[] = [];
  const clock: HandClock = handClock();
  let kept: Credentials | undefined;
  const fetch: Host['fetch'] = async (url, { headers = {}, body = '' } = {}) => {
    const told = { path: new URL(url).pathname, token: headers.Authorization ?? null, body: String(body) };
    asked.push(told);
    return answer(told);
  };
  const host = {
    ...{ fetch, clock, signal: new AbortController().signal, log: { info: () => undefined } },
    state: memoryState(clock).state,
    credentials: async (_key: SessionKey, _old: Credentials, next: Credentials) => {
      kept = next;
      return true;
    },
  } as unknown as Host;
  const open = (own: MatrixLogin) =>
    openConnection({ host, key, credentials: credentialsOf(own), namedBy: 'operator', timeout: 1000 });
  return { asked, clock, open, state: host.state, kept: () => kept && loginOf(kept) };
}

const ok = (body: object) => Response.json(body);
const unknown = () => Response.json({ errcode: 'M_UNKNOWN_TOKEN', error: 'gone' }, { status: 401 });
const whoami = { method: 'GET', path: ['v3', 'account', 'whoami'] } as const;

describe('the token of an account', () => {
  it('is kept with all that a login has', () => {
    const whole = {
      ...login,
      refresh: 'r1',
      expires: 5,
      oauth: { endpoint: 'https://auth.example/token', client: 'c' },
    };
    expect(loginOf(credentialsOf(whole))).toEqual(whole);
    expect(() => loginOf({})).toThrow(expect.objectContaining({ code: 'not-registered' }));
  });

  it('is renewed before it ends, and the new one is kept before it is used', async () => {
    const at = world(({ path, token }) => {
      if (path.endsWith('/refresh')) return ok({ access_token: 't2', refresh_token: 'r2', expires_in_ms: 300_000 });
      expect([token, at.kept()?.token]).toEqual(['Bearer t2', 't2']);
      return ok({ user_id: login.user });
    });
    const { server } = at.open({ ...login, refresh: 'r1', expires: at.clock.now() + 30_000 });
    await Promise.all([server.call(whoami), server.call(whoami)]);
    expect(at.asked.filter(({ path }) => path.endsWith('/refresh'))).toMatchObject([
      { body: '{"refresh_token":"r1"}' },
    ]);
    expect(at.kept()).toEqual({ ...login, token: 't2', refresh: 'r2', expires: at.clock.now() + 300_000 });
  });

  it('is renewed where the homeserver does not know it any more', async () => {
    const at = world(({ path, token }) => {
      if (path.endsWith('/refresh')) return ok({ access_token: 't2', refresh_token: 'r2' });
      return token === 'Bearer t2' ? ok({ user_id: login.user }) : unknown();
    });
    const { server } = at.open({ ...login, refresh: 'r1' });
    expect(await server.call(whoami)).toEqual({ user_id: login.user });
  });

  it('is told to have ended where nothing renews it', async () => {
    const ended = { code: 'not-registered', foreign: 'M_UNKNOWN_TOKEN' };
    for (const own of [login, { ...login, refresh: 'r1' }]) {
      const { server } = world(unknown).open(own);
      await expect(server.call(whoami)).rejects.toMatchObject(ended);
    }
    const oauth = { endpoint: 'https://auth.example/token', client: 'c' };
    const at = world(({ path }) =>
      path === '/token' ? Response.json({ error: 'invalid_grant' }, { status: 400 }) : unknown(),
    );
    await expect(at.open({ ...login, refresh: 'r1', oauth }).server.call(whoami)).rejects.toMatchObject(ended);
    const renewals = at.asked.filter(({ path }) => path === '/token');
    expect(renewals.at(-1)?.body).toBe('grant_type=refresh_token&refresh_token=r1&client_id=c');
    expect(await keptDevice(at.state, key.account)).toBeUndefined();
  });

  it('leaves its device to the next login where the homeserver keeps that', async () => {
    const soft = () => Response.json({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true }, { status: 401 });
    const over = ({ path }: Told) =>
      path.endsWith('/refresh') ? Response.json({ errcode: 'M_FORBIDDEN' }, { status: 403 }) : soft();
    for (const [own, answer] of [
      [login, soft],
      [{ ...login, refresh: 'r1' }, soft],
      [{ ...login, refresh: 'r1' }, over],
      [{ ...login, refresh: 'r1', expires: 0 }, over],
    ] as const) {
      const at = world(answer);
      const { server } = at.open(own);
      await expect(server.call(whoami)).rejects.toMatchObject({ code: 'not-registered', foreign: 'M_UNKNOWN_TOKEN' });
      expect(await keptDevice(at.state, key.account)).toEqual({ user: login.user, device: login.device });
    }
  });

  it('is no other device for a homeserver that is away while its token is renewed', async () => {
    const at = world(({ path }) =>
      path.endsWith('/refresh') ? unknown() : Response.json({ errcode: 'M_UNKNOWN' }, { status: 502 }),
    );
    const { server } = at.open({ ...login, refresh: 'r1', expires: 0 });
    await expect(server.call(whoami)).rejects.toMatchObject({ code: 'remote-server-timeout' });
  });
});
