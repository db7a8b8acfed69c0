import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { forgetKeys, hasKeys } from '#bridges/matrix/crypto/store.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import { act, type Credentials, type Host, type Login, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field } from '#src/model/form.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { credentialsOf, type MatrixLogin, withTokens } from './connection.ts';
import { type FoundHomeserver, findHomeserver } from './homeservers.ts';
import { keptDevice } from './soft-logout.ts';
import { accountTexts as texts } from './texts.ts';

type Dialogue = AsyncGenerator<Step, Credentials, Answer>;

/** What the device is called at the homeserver. */
export const DEVICE = 'Isthmus (XMPP)';

export const first = (filled: Answer, name: string): string => (filled[name]?.[0] ?? '').trim();

export const form = (...fields: readonly Field[]) => ({
  kind: 'form' as const,
  form: { title: texts.title, instructions: texts.consent, fields },
});

export const encryptionField: Field = {
  name: 'encryption',
  label: texts.encryption,
  type: 'boolean',
  value: ['true'],
};

export const wantsEncryption = (filled: Answer): boolean => ['true', '1'].includes(first(filled, 'encryption'));

/** `@alice:example.org`, as people type it: the at sign may be missing, and the server is ours where there is none. */
export function userIn(config: MatrixConfig, typed: string): string {
  const id = `@${typed.replace(/^@/, '')}`;
  return id.includes(':') ? id : `${id}:${config.homeserver.name}`;
}

/** Client-server API §5.7.1. */
const byPassword: Login<MatrixConfig> = {
  name: texts.byPassword,
  oneForm: true,
  async *start({ config, host, account }): Dialogue {
    const filled = yield form(
      { name: 'user', label: texts.user, type: 'text', required: true },
      { name: 'password', label: texts.password, type: 'secret', required: true },
      encryptionField,
    );
    const user = userIn(config, first(filled, 'user'));
    const server = await findHomeserver(config, host, serverOf(user));
    const body = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password: filled.password?.[0] ?? '',
    };
    return yield* act(() => logIn({ host, server, account, user }, body, wantsEncryption(filled)));
  },
};

/** Who logs in where, as far as it is known before. */
type LoggingIn = {
  readonly host: Host;
  readonly server: FoundHomeserver;
  readonly account: AccountKey;
  readonly user?: string;
};

/** Makes a device, or is the one again that the homeserver has kept. Rejects with a `Failure` that says what was wrong. */
export async function logIn(
  { host, server, account, user: typed }: LoggingIn,
  body: Json,
  encryption: boolean,
): Promise<Credentials> {
  const kept = await keptDevice(host.state, account);
  const again = kept && (typed === undefined || typed === kept.user) ? { device_id: kept.device } : {};
  try {
    const whole = { ...body, ...again, initial_device_display_name: DEVICE, refresh_token: true };
    const answer = await server.open().call({ method: 'POST', path: ['v3', 'login'], body: whole });
    const [user, device] = [textOf(answer.user_id), textOf(answer.device_id)];
    if (user === undefined || device === undefined) throw new Failure('remote-server-timeout');
    // Somebody else's device may be called so, too.
    if (device === kept?.device && user !== kept.user) await forgetKeys(host.state, account, device);
    return credentialsOf(withTokens(host, { user, device, url: server.url, encryption }, answer));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { foreign, cause } = error;
    if (foreign === 'M_FORBIDDEN' || foreign === 'M_UNAUTHORIZED')
      throw new Failure('not-permitted', { text: texts.wrongPassword, foreign, cause });
    if (foreign === 'M_UNRECOGNIZED' || foreign === 'M_UNKNOWN')
      throw new Failure('not-supported', { text: texts.noSuchWay, foreign, cause });
    throw error;
  }
}

/** With a token from elsewhere: the device is that of the client that has made it. */
const byToken: Login<MatrixConfig> = {
  name: texts.byToken,
  async *start({ config, host, account }): Dialogue {
    const filled = yield form(
      { name: 'server', label: texts.server, type: 'text', required: true, value: [config.homeserver.name] },
      { name: 'token', label: texts.token, type: 'secret', required: true },
      encryptionField,
    );
    const server = await findHomeserver(config, host, first(filled, 'server'));
    const token = first(filled, 'token');
    return yield* act(async () => {
      const login = await withToken(server, token, wantsEncryption(filled));
      if (login.encryption) await assertNoOtherKeys(host, account, server.open(token), login);
      return credentialsOf(login);
    });
  },
};

async function withToken(server: FoundHomeserver, token: string, encryption: boolean): Promise<MatrixLogin> {
  const answer = await server.open(token).call({ method: 'GET', path: ['v3', 'account', 'whoami'] });
  const [user, device] = [textOf(answer.user_id), textOf(answer.device_id)];
  if (user === undefined) throw new Failure('remote-server-timeout');
  // A token without a device has no keys.
  return { user, device: device ?? '', url: server.url, token, encryption: encryption && device !== undefined };
}

/**
 * A device has one set of keys (§11.12.2.1): others would shut out the client that has made the token, and be a warning to all
 * who talk with it. Rejects where there are some that are not kept here.
 */
async function assertNoOtherKeys(
  { state }: Pick<Host, 'state'>,
  account: AccountKey,
  server: Homeserver,
  { user, device }: Pick<MatrixLogin, 'user' | 'device'>,
): Promise<void> {
  const body = { device_keys: { [user]: [device] } };
  const found = await server.call({ method: 'POST', path: ['v3', 'keys', 'query'], body, repeatable: true });
  const there = objectOf(objectOf(objectOf(found.device_keys)[user])[device]);
  if (Object.keys(objectOf(there.keys)).length > 0 && !(await hasKeys(state, account, device)))
    throw new Failure('not-allowed', { text: texts.otherKeys });
}

export const passwordAndToken: readonly Login<MatrixConfig>[] = [byPassword, byToken];
