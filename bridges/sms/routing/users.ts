import { account as accountSchema } from '#bridges/sms/config.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';

/** The account of a user whom the operator named. */
export const accountOf = ({ host }: Pick<SmsTransport, 'host'>, user: string): AccountKey =>
  accountKey(user as BareJid, host.transport);

/** The name under which phones get a user's texts. */
export async function nameOf({ host }: SmsTransport, account: AccountKey): Promise<string> {
  const set = accountSchema.safeParse((await host.settings({ kind: 'realm', account, realm: '' })).account ?? {});
  if (set.success && set.data.name !== '') return set.data.name;
  const local = splitAccount(account).user.replace(/@.*$/, '');
  return local.charAt(0).toUpperCase() + local.slice(1);
}

/** The domain that phones are told about a user. */
export const domainOf = (account: AccountKey): string => splitAccount(account).user.replace(/^.*@/, '');
