import { randomBytes } from 'node:crypto';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { type Json, listOf, numberOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { act, type Credentials, type Host, type Login, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { credentialsOf, postForm, withTokens } from './connection.ts';
import { type FoundHomeserver, findHomeserver } from './homeservers.ts';
import { DEVICE, encryptionField, first, form, wantsEncryption } from './login.ts';
import { accountTexts as texts } from './texts.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const TIMEOUT = 30_000;
/** Seconds between two questions whether somebody has logged in, where the server says nothing (RFC 8628 §3.2). */
const INTERVAL = 5;
const SLOWER = 5;

/** What an OAuth server says of itself (client-server API §5.8.2, RFC 8414). */
type OauthServer = {
  readonly issuer: string;
  readonly registration: string;
  readonly device: string;
  readonly token: string;
};

/** What the user is told, and what we ask with (RFC 8628 §3.2). */
type DeviceGrant = {
  readonly code: string;
  readonly url: string;
  readonly interval: number;
  readonly expires: number;
  readonly client: string;
  readonly device: string;
};

/** With another device that has a browser: the user opens a link there, or scans it. */
export const byOauth: Login<MatrixConfig> = {
  name: texts.byOauth,
  async *start({ config, host }): AsyncGenerator<Step, Credentials, Answer> {
    const filled = yield form(
      { name: 'server', label: texts.server, type: 'text', required: true, value: [config.homeserver.name] },
      encryptionField,
    );
    const server = await findHomeserver(config, host, first(filled, 'server'));
    const oauth = await metadata(server);
    const grant = yield* act(() => begin(host, server, oauth));
    yield { kind: 'show', text: texts.ssoOpen, url: grant.url, qr: grant.url };
    const over = new AbortController();
    try {
      const asked = yield* act(async () => ({ answer: poll(host, server, oauth, grant, over.signal) }));
      asked.answer.catch(() => undefined);
      yield { kind: 'wait', text: texts.waiting, until: asked.answer };
      return await linked(host, server, oauth, grant, await asked.answer, wantsEncryption(filled));
    } finally {
      over.abort();
    }
  },
};

async function metadata(server: FoundHomeserver): Promise<OauthServer> {
  const found = await server
    .open()
    .call({ method: 'GET', path: ['v1', 'auth_metadata'] })
    .catch((error: unknown): Json => {
      if (error instanceof Failure && ['item-not-found', 'not-supported'].includes(error.code)) return {};
      throw error;
    });
  const [issuer, registration, device, token] = [
    found.issuer,
    found.registration_endpoint,
    found.device_authorization_endpoint,
    found.token_endpoint,
  ].map(textOf);
  const offered = listOf(found.grant_types_supported).includes(GRANT);
  if (!offered || issuer === undefined || registration === undefined || device === undefined || token === undefined)
    throw new Failure('not-supported', { text: texts.noSuchWay });
  return { issuer, registration, device, token };
}

/** Registers us as a client (RFC 7591) and asks for a code. */
async function begin(host: Host, { namedBy }: FoundHomeserver, oauth: OauthServer): Promise<DeviceGrant> {
  const about = {
    client_name: DEVICE,
    client_uri: host.http.url('/') ?? oauth.issuer,
    application_type: 'native',
    grant_types: [GRANT, 'refresh_token'],
    response_types: [],
    token_endpoint_auth_method: 'none',
  };
  const response = await host.fetch(oauth.registration, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(about),
    ...{ namedBy, timeout: TIMEOUT, redirects: 0, signal: host.signal },
  });
  const client = textOf(objectOf(await response.json().catch(() => undefined)).client_id);
  if (!response.ok || client === undefined) throw new Failure('not-permitted', { text: texts.denied });
  const device = `ISTHMUS${randomBytes(6).toString('hex').toUpperCase()}`;
  const scope = `urn:matrix:client:api:* urn:matrix:client:device:${device}`;
  const asked = await postForm(host, oauth.device, { client_id: client, scope }, { namedBy, timeout: TIMEOUT });
  const [code, url] = [textOf(asked.device_code), textOf(asked.verification_uri_complete ?? asked.verification_uri)];
  if (code === undefined || url === undefined) throw new Failure('remote-server-timeout');
  const seconds = numberOf(asked.expires_in) ?? 600;
  return {
    ...{ code, url, client, device },
    interval: numberOf(asked.interval) ?? INTERVAL,
    expires: host.clock.now() + seconds * 1000,
  };
}

/** Asks until somebody has logged in, or not (RFC 8628 §3.5). */
async function poll(
  host: Host,
  { namedBy }: FoundHomeserver,
  { token }: OauthServer,
  { code, client, interval, expires }: DeviceGrant,
  signal: AbortSignal,
): Promise<Json> {
  const body = { grant_type: GRANT, device_code: code, client_id: client };
  for (let pause = interval; host.clock.now() < expires && !signal.aborted && !host.signal.aborted; ) {
    await new Promise<void>((done) => void host.clock.after(pause * 1000, done));
    if (signal.aborted) break;
    try {
      return await postForm(host, token, body, { namedBy, timeout: TIMEOUT });
    } catch (error) {
      const word = error instanceof Failure ? error.foreign : undefined;
      if (word === 'slow_down') pause += SLOWER;
      else if (word !== 'authorization_pending')
        throw new Failure('not-permitted', { text: texts.denied, cause: error });
    }
  }
  throw new Failure('session-expired');
}

async function linked(
  host: Host,
  server: FoundHomeserver,
  oauth: OauthServer,
  { client, device }: DeviceGrant,
  answer: Json,
  encryption: boolean,
): Promise<Credentials> {
  const login = withTokens(
    host,
    { user: '', device, url: server.url, encryption, oauth: { endpoint: oauth.token, client } },
    answer,
  );
  const who = await server.open(login.token).call({ method: 'GET', path: ['v3', 'account', 'whoami'] });
  const user = textOf(who.user_id);
  if (user === undefined) throw new Failure('remote-server-timeout');
  return credentialsOf({ ...login, user, device: textOf(who.device_id) ?? device });
}
