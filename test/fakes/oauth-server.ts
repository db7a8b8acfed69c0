import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A provider on whose page people log in (RFC 8628): each token lasts for 100 seconds. */
export type FakeOauth = AsyncDisposable & {
  readonly url: string;
  /** How often it was asked whether somebody has logged in. */
  readonly asked: number;
  approve(): void;
  /** It renews nothing any more. */
  revoke(): void;
  /** Tokens that were ended by who has them (RFC 7009). */
  readonly ended: readonly string[];
  /** So many requests are answered that it is out of order. */
  down: number;
  /** What was asked for at last (RFC 6749 §3.3). */
  readonly scope: string;
  when(look: () => boolean): Promise<void>;
};

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Opens it. `given` hears of each token: `token1`, `token2`. `/introspect?token=` tells servers (RFC 7662) that the newest is that of `user`. */
export async function oauthServer(given: (token: string) => void, user?: string): Promise<FakeOauth> {
  const watchers = new Set<() => void>();
  let [asked, tokens, down, approved, revoked] = [0, 0, 0, false, false];
  let scope = '';
  const ended: string[] = [];

  /** Whose a token is, to servers that ask. */
  function introspected(path: string): { active: boolean; username?: string | undefined } | undefined {
    const [, shown] = /^\/introspect\?token=([^&]*)/.exec(path) ?? [];
    if (shown === undefined) return undefined;
    return shown === `token${tokens}` ? { active: true, username: user } : { active: false };
  }

  function answerOf(path: string, body: URLSearchParams): { status: number; answer: object } {
    // RFC 7591 §3.2.1.
    if (path === '/register') return { status: 201, answer: { client_id: 'client1' } };
    if (path === '/device') {
      scope = body.get('scope') ?? '';
      const page = { verification_uri: 'https://provider.example/device', user_code: 'WDJB-MJHT' };
      return { status: 200, answer: { device_code: 'code', ...page, expires_in: 1800, interval: 5 } };
    }
    if (down > 0) {
      down -= 1;
      return { status: 503, answer: {} };
    }
    if (path === '/revoke') {
      ended.push(body.get('token') ?? '');
      return { status: 200, answer: {} };
    }
    if (body.get('grant_type') === DEVICE) asked += 1;
    if (body.get('grant_type') === DEVICE && !approved) return refusal('authorization_pending');
    const known =
      body.get('grant_type') === DEVICE
        ? body.get('device_code') === 'code'
        : body.get('refresh_token') === `refresh${tokens}`;
    if (!known || revoked) return refusal('invalid_grant');
    tokens += 1;
    given(`token${tokens}`);
    const answer = { access_token: `token${tokens}`, refresh_token: `refresh${tokens}`, expires_in: 100 };
    return { status: 200, answer: { ...answer, token_type: 'Bearer' } };
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const shown = introspected(path);
    const body = new URLSearchParams(await text(request));
    const { status, answer } = shown ? { status: 200, answer: shown } : answerOf(path, body);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    for (const watch of [...watchers]) watch();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    ended,
    get scope() {
      return scope;
    },
    get down() {
      return down;
    },
    set down(count) {
      down = count;
    },
    approve() {
      approved = true;
    },
    revoke() {
      revoked = true;
    },
    when: (look) =>
      new Promise((done) => {
        const watch = (): void => {
          if (!look()) return;
          watchers.delete(watch);
          done();
        };
        watchers.add(watch);
        watch();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const refusal = (error: string) => ({ status: 400, answer: { error } });
