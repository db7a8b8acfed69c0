import { expect, it } from 'vitest';
import { type OwnAccounts, openAccounts, withAccounts } from '#bridges/matrix/account/accounts.ts';
import { credentialsOf } from '#bridges/matrix/account/connection.ts';
import { config } from '#bridges/matrix/config.ts';
import type { AccountLogin, Bridge } from '#src/bridge.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';
import { AS_TOKEN, HS_TOKEN, homeserver, SERVER } from '../../../fakes/homeserver.ts';
import { hooksServer } from '../../../fakes/hooks.ts';

const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const login = (device: string, token: string): AccountLogin => ({
  realm: '',
  credentials: credentialsOf({ user: '@romeo:hs.example', device, url: 'https://hs.example', token, encryption: true }),
});

it('a login of the same device is not logged out by the next, whose it is', async () => {
  const forgotten: AccountLogin[] = [];
  const accounts = { forget: async (_: unknown, logins: AccountLogin[]) => void forgotten.push(...logins) };
  const bridge = withAccounts(accounts as unknown as OwnAccounts, {} as Bridge);
  await bridge.replaced?.(account, login('A', 't1'), login('A', 't2'));
  // A token without a device.
  await bridge.replaced?.(account, login('', 't1'), login('', 't1'));
  expect(forgotten).toEqual([]);
  for (const [before, after] of [
    ['A', 'B'],
    ['', ''],
  ] as const)
    await bridge.replaced?.(account, login(before, 't1'), login(after, 't2'));
  expect(forgotten).toHaveLength(2);
});

const ROMEO = `@romeo:${SERVER}`;

/** Accounts at a homeserver at which Romeo is in a room. */
async function opened() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await homeserver());
  const hooks = stack.use(await hooksServer());
  for (const user of [ROMEO, `@alice:${SERVER}`]) server.state.users.set(user, { name: user });
  server.state.member(server.state.create('verona', `@alice:${SERVER}`), ROMEO, ROMEO, 'join');
  const parts = testHost('matrix.example', {}, { http: hooks.open() });
  const settings = config.parse({
    homeserver: { url: server.url, name: SERVER },
    appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
  });
  const accounts = stack.use(openAccounts(settings, parts.host));
  const { token } = server.accounts.login(ROMEO, 'PHONE');
  const resources = stack.move();
  return {
    ...{ server, parts },
    connect(device: string, signal: AbortSignal, name = 'romeo') {
      const key = { account: accountKey(`${name}@a.example` as BareJid, 'matrix.example'), realm: '' };
      const login = { user: ROMEO, device, url: server.url, token, encryption: false };
      return accounts.connect(key, { credentials: credentialsOf(login) }, signal);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

it('logs in anew by a device only once nothing is done any more by the login before that was given up', async () => {
  await using world = await opened();
  const { parts, server, connect } = world;
  const release = parts.holdEmits();
  const first = new AbortController();
  const given = connect('PHONE', first.signal);
  given.catch(() => undefined);
  await parts.when('the first sync', () => parts.drafts.length > 0);
  first.abort();
  server.slow.add('account/whoami');
  const next = connect('PHONE', new AbortController().signal);
  for (let count = 0; count < 3; count++)
    await fetch(`${server.url}/_matrix/client/versions`).then((one) => one.text());
  expect(server.late).toBe(0);
  release();
  await expect(given).rejects.toMatchObject({ code: 'recipient-unavailable' });
  await server.when(() => server.late === 1);
  server.answerLate();
  expect(await next).toMatchObject({ realm: '' });
});

it('logs in by tokens without a device, whoever else does', async () => {
  await using world = await opened();
  const { signal } = new AbortController();
  for (const name of ['romeo', 'mercutio']) expect(await world.connect('', signal, name)).toMatchObject({ realm: '' });
});
