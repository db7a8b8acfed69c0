import type { EmailConfig } from '#bridges/email/config.ts';
import type { MailAuth } from '#bridges/email/in/imap-line.ts';
import type { Credentials, Host, SessionKey } from '#src/bridge.ts';
import { OauthError, type OauthTokens, postForm, tokensOf } from '#src/lib/http/oauth.ts';
import { Failure } from '#src/model/failure.ts';
import { failureOf } from './failures.ts';
import { credentialsOf, loginOf, type MailLogin } from './mail-login.ts';
import { type OperatorProvider, operatorProvider } from './servers.ts';
import { accountTexts as texts } from './texts.ts';

type OauthServer = NonNullable<OperatorProvider['oauth']>;
type Asking = Pick<Host, 'fetch' | 'signal'>;

/** Tokens are renewed so many milliseconds before they end. */
const EARLY = 60_000;
const TIMEOUT = 30_000;

/** Posts to the operator's OAuth server. */
export const postTo =
  ({ fetch, signal }: Asking): Parameters<typeof postForm>[0] =>
  (url, init) =>
    fetch(url, { ...init, namedBy: 'operator', timeout: TIMEOUT, redirects: 0, signal });

/** Who we are to an OAuth server (RFC 6749 §2.3.1). */
export const clientOf = ({ client, secret }: OauthServer) => ({
  client_id: client,
  ...(secret && { client_secret: secret.open() }),
});

/** RFC 6749 §5.2: they say something of the gateway, and not of who logs in. */
const OURS = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope']);

/** What an OAuth server's refusal is to a user. */
export function refusalOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof OauthError)) return new Failure('internal', { cause: error });
  if (error.word === 'invalid_grant') return new Failure('password-required', { text: texts.ended, cause: error });
  if (error.word === '' || error.status >= 500) return new Failure('remote-server-timeout', { cause: error });
  if (OURS.has(error.word))
    return new Failure('internal', { text: texts.ourClient, foreign: error.word, cause: error });
  if (error.word === 'expired_token') return new Failure('session-expired', { cause: error });
  return new Failure('not-permitted', { text: texts.denied, foreign: error.word, cause: error });
}

type AuthParts = {
  readonly host: Pick<Host, 'alarm' | 'fetch' | 'signal' | 'clock' | 'credentials' | 'log'>;
  readonly config: EmailConfig;
  readonly key: SessionKey;
  readonly credentials: Credentials | undefined;
};

/** What a mailbox is logged in with. Throws `Failure('not-registered')` where there is nothing. */
export function openMailAuth({ host, config, key, credentials }: AuthParts) {
  let kept = credentials ?? {};
  let login = loginOf(credentials);
  let renewing: Promise<void> | undefined;

  /** Asks for a new token, and keeps it before it is used: the old one may end with that. Rejects with a `Failure`. */
  async function renew(old: OauthTokens): Promise<void> {
    const { oauth } = operatorProvider(config, login.address) ?? {};
    if (!oauth || old.refresh === undefined) throw new Failure('password-required', { text: texts.ended });
    const body = { grant_type: 'refresh_token', refresh_token: old.refresh, ...clientOf(oauth) };
    const answer = await postForm(postTo(host), oauth.token, body).catch((error: unknown) => {
      const failure = refusalOf(error);
      if (failure.code === 'internal') host.alarm('oauth', texts.clientRefused(oauth.client, failure.foreign ?? ''));
      throw failure;
    });
    const tokens = tokensOf(host.clock, answer, old.refresh);
    if (!tokens) throw new Failure('remote-server-timeout');
    const next: MailLogin = { ...login, secret: tokens };
    const fresh = credentialsOf(next);
    if (!(await host.credentials(key, kept, fresh))) host.log.info('a newer login is kept than this one');
    kept = fresh;
    login = next;
  }

  return {
    login,
    /** What is logged in with now: a token is renewed before it ends, or where it was `refused` before its time. Rejects with a `Failure`. */
    async current(refused?: MailAuth): Promise<MailAuth> {
      const { secret } = login;
      if ('password' in secret) return { user: login.user, password: secret.password };
      const isOver = secret.expires !== undefined && secret.expires - host.clock.now() < EARLY;
      if (isOver || (refused && 'token' in refused && refused.token === secret.token)) {
        renewing ??= renew(secret).finally(() => {
          renewing = undefined;
        });
        await renewing;
      }
      return { user: login.user, token: 'token' in login.secret ? login.secret.token : secret.token };
    },
  };
}

/** Logs in: once more where a token is refused, with a new one. Rejects with a `Failure` that says what was wrong. */
export async function loggedIn<T>(
  { current }: Pick<ReturnType<typeof openMailAuth>, 'current'>,
  work: (auth: MailAuth) => Promise<T>,
): Promise<T> {
  const given = await current();
  try {
    return await work(given);
  } catch (error) {
    const failure = failureOf(error, 'token' in given ? 'token' : 'password');
    if (!('token' in given) || failure.code !== 'password-required') throw failure;
  }
  const fresh = await current(given);
  return work(fresh).catch((error: unknown) => {
    throw failureOf(error, 'token');
  });
}

/** Whether a login has ended at its provider: `unknown` where there is no way to tell it, `none` for a password, of which it knows nothing. */
export type Revocation = 'revoked' | 'failed' | 'unknown' | 'none';

/** Ends a login at its provider (RFC 7009 §2.1): what is renewed by the token ends with it. Never rejects for what is said there. */
export async function revoked(
  { host, config }: { readonly host: Pick<Host, 'fetch' | 'signal' | 'log'>; readonly config: EmailConfig },
  credentials: Credentials,
): Promise<Revocation> {
  const { address, secret } = loginOf(credentials);
  if ('password' in secret) return 'none';
  const { oauth } = operatorProvider(config, address) ?? {};
  if (!oauth?.revoke) return 'unknown';
  const hint = secret.refresh === undefined ? 'access_token' : 'refresh_token';
  const body = { token: secret.refresh ?? secret.token, token_type_hint: hint, ...clientOf(oauth) };
  try {
    await postForm(postTo(host), oauth.revoke, body);
    return 'revoked';
  } catch (error) {
    host.log.warn({ err: error }, 'a token could not be ended at its provider');
    return 'failed';
  }
}
