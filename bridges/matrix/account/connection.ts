import { type Call, type Homeserver, openHomeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { type Json, numberOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { failureOf, isSoftLogout } from '#bridges/matrix/wire/failures.ts';
import type { Credentials, Host, SessionKey } from '#src/bridge.ts';
import { OauthError, type PostForm, postForm } from '#src/lib/http/oauth.ts';
import { Failure } from '#src/model/failure.ts';
import { Sealed } from '#src/model/sealed.ts';
import { dropDevice, keepDevice } from './soft-logout.ts';

/** What an account logs in with. The last three are there where the homeserver renews its tokens. */
export type MatrixLogin = {
  readonly user: string;
  readonly device: string;
  readonly url: string;
  readonly token: string;
  /** Whether its user wants encrypted rooms to be read and written here. */
  readonly encryption: boolean;
  readonly refresh?: string;
  /** Milliseconds since 1970. */
  readonly expires?: number;
  /** Where an OAuth server renews it, and as which client. */
  readonly oauth?: { readonly endpoint: string; readonly client: string };
};

const seal = (value: string): Sealed => new Sealed(value);

export const credentialsOf = (login: MatrixLogin): Credentials => ({
  user: seal(login.user),
  device: seal(login.device),
  url: seal(login.url),
  token: seal(login.token),
  encryption: seal(String(login.encryption)),
  ...(login.refresh !== undefined && { refresh: seal(login.refresh) }),
  ...(login.expires !== undefined && { expires: seal(String(login.expires)) }),
  ...(login.oauth && { endpoint: seal(login.oauth.endpoint), client: seal(login.oauth.client) }),
});

/** Reads it. Throws `Failure('not-registered')` for what is none. */
export function loginOf(credentials: Credentials | undefined): MatrixLogin {
  const value = (name: string): string | undefined => credentials?.[name]?.open();
  const [user, device, url, token] = ['user', 'device', 'url', 'token'].map(value);
  if (user === undefined || device === undefined || url === undefined || token === undefined)
    throw new Failure('not-registered');
  const [refresh, expires, endpoint, client] = ['refresh', 'expires', 'endpoint', 'client'].map(value);
  return {
    ...{ user, device, url, token, encryption: value('encryption') !== 'false' },
    ...(refresh !== undefined && { refresh }),
    ...(expires !== undefined && { expires: Number(expires) }),
    ...(endpoint !== undefined && client !== undefined && { oauth: { endpoint, client } }),
  };
}

/** A homeserver as an account reaches it, with a token that is renewed in time. */
export type OwnConnection = {
  readonly user: string;
  readonly device: string;
  readonly encryption: boolean;
  readonly server: Homeserver;
};

export type ConnectionParts = {
  readonly host: Host;
  readonly key: SessionKey;
  readonly credentials: Credentials;
  readonly namedBy: 'operator' | 'account';
  readonly timeout: number;
};

/** Tokens are renewed so many milliseconds before they end. */
const EARLY = 60_000;

export function openConnection({ host, key, credentials, namedBy, timeout }: ConnectionParts): OwnConnection {
  let kept = credentials;
  let login = loginOf(credentials);
  let renewing: Promise<void> | undefined;
  const plain = openHomeserver({ host, url: login.url, namedBy, timeout, token: () => login.token });

  /** Asks for a new token, and keeps it before it is used: the old one ends with that. */
  async function renew(): Promise<void> {
    const next = await renewed(host, plain, login, { namedBy, timeout }).catch(async (error: unknown) => {
      throw isUnknown(error) ? await over(await probe()) : error;
    });
    const fresh = credentialsOf(next);
    if (!(await host.credentials(key, kept, fresh))) host.log.info('a newer login is kept than this one');
    kept = fresh;
    login = next;
  }

  function renewOnce(): Promise<void> {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  /** How the homeserver sees a token whose renewal is refused: nothing where it takes it yet. */
  async function probe(): Promise<Failure | undefined> {
    try {
      await plain.call({ method: 'GET', path: ['v3', 'account', 'whoami'], tries: 1 });
      return undefined;
    } catch (error) {
      if (isUnknown(error)) return error;
      throw error;
    }
  }

  /** The end of the login. Where the homeserver keeps its device the next login is that again. */
  async function over(refused: Failure | undefined): Promise<Failure> {
    const soft = refused === undefined || isSoftLogout(refused);
    if (!soft) {
      await dropDevice(host.state, key.account);
      return ended(refused);
    }
    await keepDevice(host.state, key.account, login);
    return new Failure('not-registered', { text: texts.endedSoftly, foreign: UNKNOWN, cause: refused });
  }

  async function inTime(): Promise<void> {
    const { refresh, expires } = login;
    if (refresh !== undefined && expires !== undefined && expires - host.clock.now() < EARLY) await renewOnce();
  }

  async function withToken<T>(work: () => Promise<T>): Promise<T> {
    await inTime();
    const { token } = login;
    try {
      return await work();
    } catch (error) {
      if (!isUnknown(error)) throw error;
      if (login.refresh === undefined) throw await over(error);
      // Another call may have renewed it meanwhile.
      if (login.token === token) await renewOnce();
      return work();
    }
  }

  return {
    ...{ user: login.user, device: login.device, encryption: login.encryption },
    server: {
      call: (call: Call) => withToken(() => plain.call(call)),
      json: (call: Call) => withToken(() => plain.json(call)),
      bytes: (call: Call) => withToken(() => plain.bytes(call)),
      async upload(content, about) {
        await inTime();
        return plain.upload(content, about);
      },
    },
  };
}

const UNKNOWN = 'M_UNKNOWN_TOKEN';
const isUnknown = (error: unknown): error is Failure => error instanceof Failure && error.foreign === UNKNOWN;

/** The homeserver has ended the login: only its user can make another. */
export const ended = (cause: unknown): Failure =>
  new Failure('not-registered', { text: texts.ended, foreign: UNKNOWN, cause });

type Renewal = Pick<ConnectionParts, 'namedBy' | 'timeout'>;

/** A login with new tokens (client-server API §5.7.1.3, or RFC 6749 §6). */
async function renewed(host: Host, server: Homeserver, login: MatrixLogin, how: Renewal): Promise<MatrixLogin> {
  const { refresh = '', oauth } = login;
  if (oauth) {
    const body = { grant_type: 'refresh_token', refresh_token: refresh, client_id: oauth.client };
    return withTokens(host, login, await tokenAnswer(host, oauth.endpoint, body, how).catch(refusedRenewal));
  }
  try {
    const body = { refresh_token: refresh };
    return withTokens(host, login, await server.call({ method: 'POST', path: ['v3', 'refresh'], body }));
  } catch (error) {
    // Synapse forbids it once the session is over.
    const isOver = isUnknown(error) || (error instanceof Failure && error.foreign === 'M_FORBIDDEN');
    throw isOver ? ended(error) : error;
  }
}

/** A login with the tokens that an answer holds. Throws a `Failure` where it has none. */
export function withTokens(host: Pick<Host, 'clock'>, login: Omit<MatrixLogin, 'token'>, answer: Json): MatrixLogin {
  const token = textOf(answer.access_token);
  if (token === undefined) throw new Failure('remote-server-timeout');
  const seconds = numberOf(answer.expires_in);
  const ms = numberOf(answer.expires_in_ms) ?? (seconds === undefined ? undefined : seconds * 1000);
  const { refresh: old, expires: _, ...same } = login;
  const refresh = textOf(answer.refresh_token) ?? old;
  return {
    ...same,
    token,
    ...(refresh !== undefined && { refresh }),
    ...(ms !== undefined && { expires: host.clock.now() + ms }),
  };
}

/** Posts to the OAuth server of a homeserver. */
export const postAs =
  ({ fetch, signal }: Pick<Host, 'fetch' | 'signal'>, { namedBy, timeout }: Renewal): PostForm =>
  (url, init) =>
    fetch(url, { ...init, namedBy, timeout, redirects: 0, signal });

/** Asks an OAuth server for tokens. Rejects with an `OauthError`. */
export const tokenAnswer = async (
  host: Pick<Host, 'fetch' | 'signal'>,
  url: string,
  body: Readonly<Record<string, string>>,
  how: Renewal,
): Promise<Json> => objectOf(await postForm(postAs(host, how), url, body));

/** What its refusal of a refresh token is. */
function refusedRenewal(error: unknown): never {
  if (!(error instanceof OauthError)) throw error;
  if (error.word === 'invalid_grant') throw ended(undefined);
  if (error.word === '') throw failureOf(error.status, objectOf(error.answer));
  throw new Failure('not-permitted', { foreign: error.word });
}
