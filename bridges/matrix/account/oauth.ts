import { randomBytes } from 'node:crypto';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { type Json, listOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { act, type Credentials, type Host, type Login, type Step } from '#src/bridge.ts';
import { askForDevice, awaitDevice, DEVICE_GRANT, type DeviceGrant, OauthError } from '#src/lib/http/oauth.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { credentialsOf, postAs, tokenAnswer, withTokens } from './connection.ts';
import { type FoundHomeserver, findHomeserver } from './homeservers.ts';
import { DEVICE, encryptionField, first, form, wantsEncryption } from './login.ts';
import { accountTexts as texts } from './texts.ts';

const TIMEOUT = 30_000;

/** What an OAuth server says of itself (client-server API §5.8.2, RFC 8414). */
type OauthServer = {
  readonly issuer: string;
  readonly registration: string;
  readonly device: string;
  readonly token: string;
};

/** Who asks, and as which device. */
type Begun = { readonly grant: DeviceGrant; readonly client: string; readonly device: string };

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
    const begun = yield* act(() => begin(host, server, oauth));
    const { whole, url, userCode } = begun.grant;
    const page = whole ?? url;
    // RFC 8628 §3.3.1: also where the address has the code in it, so that the two can be compared.
    yield { kind: 'show', text: texts.oauthOpen(userCode, whole === undefined), url: page, qr: page };
    const over = new AbortController();
    try {
      const asked = yield* act(async () => ({ answer: poll(host, server, oauth, begun, over.signal) }));
      asked.answer.catch(() => undefined);
      yield { kind: 'wait', text: texts.waiting, until: asked.answer };
      return await linked(host, server, oauth, begun, await asked.answer, wantsEncryption(filled));
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
  const offered = listOf(found.grant_types_supported).includes(DEVICE_GRANT);
  if (!offered || issuer === undefined || registration === undefined || device === undefined || token === undefined)
    throw new Failure('not-supported', { text: texts.noSuchWay });
  return { issuer, registration, device, token };
}

/** Registers us as a client (RFC 7591) and asks for a code. */
async function begin(host: Host, { namedBy }: FoundHomeserver, oauth: OauthServer): Promise<Begun> {
  const about = {
    client_name: DEVICE,
    client_uri: host.http.url('/') ?? oauth.issuer,
    application_type: 'native',
    grant_types: [DEVICE_GRANT, 'refresh_token'],
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
  const post = postAs(host, { namedBy, timeout: TIMEOUT });
  const grant = await askForDevice(post, host.clock, oauth.device, { client_id: client, scope }).catch(
    (error: unknown) => {
      throw error instanceof OauthError ? new Failure('remote-server-timeout', { cause: error }) : error;
    },
  );
  return { grant, client, device };
}

/** Asks until somebody has logged in, or not (RFC 8628 §3.5). */
async function poll(
  host: Host,
  { namedBy }: FoundHomeserver,
  { token }: OauthServer,
  { grant, client }: Begun,
  signal: AbortSignal,
): Promise<Json> {
  const how = { namedBy, timeout: TIMEOUT };
  const ask = (body: Readonly<Record<string, string>>) => tokenAnswer(host, token, { ...body, client_id: client }, how);
  try {
    return await awaitDevice(ask, host.clock, grant, AbortSignal.any([signal, host.signal]));
  } catch (error) {
    if (error instanceof OauthError && error.word === 'expired_token') throw new Failure('session-expired');
    throw new Failure('not-permitted', { text: texts.denied, cause: error });
  }
}

async function linked(
  host: Host,
  server: FoundHomeserver,
  oauth: OauthServer,
  { client, device }: Begun,
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
