import { randomUUID } from 'node:crypto';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { listOf, objectOf } from '#bridges/matrix/wire/event.ts';
import { act, type Credentials, type Host, type Login, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { wordsIn } from '#src/model/language.ts';
import { findHomeserver } from './homeservers.ts';
import { encryptionField, first, form, logIn, wantsEncryption } from './login.ts';
import { accountTexts as texts } from './texts.ts';

/** Logins that a browser is to come back for, by what only it was told. */
const waiting = new WeakMap<Host['http'], Map<string, (token: string) => void>>();

/** Serves where browsers come back to (client-server API §5.7.3.1). */
export function serveSso(host: Host): void {
  const pending = new Map<string, (token: string) => void>();
  waiting.set(host.http, pending);
  host.http.route({ method: 'GET', path: '/sso/:id', maxBytes: 0 }, async (request, { id = '' }) => {
    const token = new URL(request.url).searchParams.get('loginToken');
    const take = pending.get(id);
    pending.delete(id);
    if (token !== null) take?.(token);
    const words = take && token !== null ? texts.ssoDone : texts.ssoOver;
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return new Response(`${wordsIn(words, 'en')}\n`, { status: take && token !== null ? 200 : 410, headers });
  });
}

/** In a browser: the homeserver sends it back to us with a token that is good for one login. */
export const bySso: Login<MatrixConfig> = {
  name: texts.bySso,
  async *start({ config, host, account }): AsyncGenerator<Step, Credentials, Answer> {
    const filled = yield form(
      { name: 'server', label: texts.server, type: 'text', required: true, value: [config.homeserver.name] },
      encryptionField,
    );
    const server = await findHomeserver(config, host, first(filled, 'server'));
    const { flows } = await server.open().call({ method: 'GET', path: ['v3', 'login'] });
    if (!listOf(flows).some((flow) => objectOf(flow).type === 'm.login.sso'))
      throw new Failure('not-supported', { text: texts.noSuchWay });
    const id = yield* act(async () => randomUUID());
    const back = host.http.url(`/sso/${id}`);
    const pending = waiting.get(host.http);
    if (back === undefined || !pending) throw new Failure('service-unavailable', { text: texts.noAddress });
    const { promise, resolve } = Promise.withResolvers<string>();
    try {
      pending.set(id, resolve);
      const url = `${server.url}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(back)}`;
      yield { kind: 'show', text: texts.ssoOpen, url, qr: url };
      yield { kind: 'wait', text: texts.waiting, until: promise };
      const token = await promise;
      return yield* act(() =>
        logIn({ host, server, account }, { type: 'm.login.token', token }, wantsEncryption(filled)),
      );
    } finally {
      pending.delete(id);
    }
  },
};
