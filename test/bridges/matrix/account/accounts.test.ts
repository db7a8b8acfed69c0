import { expect, it } from 'vitest';
import { type OwnAccounts, withAccounts } from '#bridges/matrix/account/accounts.ts';
import { credentialsOf } from '#bridges/matrix/account/connection.ts';
import type { AccountLogin, Bridge } from '#src/bridge.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

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
