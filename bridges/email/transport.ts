import type { Host } from '#src/bridge.ts';
import { type Lanes, lanes } from '#src/lib/lanes.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { account as accountSchema, type EmailConfig, type EmailSettings } from './config.ts';
import { openChosenNames } from './threads/alias.ts';
import type { ShownPeers } from './threads/shown.ts';
import type { MailState } from './threads/state.ts';
import { localPartOf } from './threads/user-address.ts';

/** What all of a mail transport works with. */
export type EmailTransport = {
  readonly host: Host;
  readonly config: EmailConfig;
  readonly state: MailState;
  /** What programs of peers have shown to understand. */
  readonly shown: ShownPeers;
  /** Runs work on what is between an account and a peer: one after the other. Rejects with what the work does. */
  alone<T>(account: AccountKey, their: string, work: () => Promise<T>): Promise<T>;
};

/** Commands are given no transport, and work on what its bridge works on: whoever has one state has one set of lanes. */
const lanesOf = new WeakMap<Host['state'], Lanes>();

/** Opens it, or has it as it is open for that host. */
export function openAlone({ log, state }: Pick<Host, 'log' | 'state'>): EmailTransport['alone'] {
  const serial = lanesOf.get(state) ?? lanes((error) => log.error({ err: error }, 'work on a conversation went wrong'));
  lanesOf.set(state, serial);
  return (account, their, work) =>
    new Promise((done, fail) => serial.run(`${account} ${their}`, () => work().then(done, fail)));
}

/** What a user has set for themselves. */
export async function settingsOf({ host }: Pick<EmailTransport, 'host'>, account: AccountKey): Promise<EmailSettings> {
  const { account: set } = await host.settings({ kind: 'realm', account, realm: '' });
  const found = accountSchema.safeParse(set ?? {});
  return found.success ? found.data : accountSchema.parse({});
}

/** The name under which others get a user's mails: never an address. Theirs alone where the operator lets them, or the mailbox is their own. */
export function nameIn(
  { name }: Pick<EmailSettings, 'name'>,
  account: AccountKey,
  { config, by }: Pick<EmailTransport, 'config'> & { readonly by: unknown },
): string {
  if (name !== '' && (config.names || by !== undefined)) return name;
  const local = splitAccount(account).user.replace(/@.*$/, '');
  return local.charAt(0).toUpperCase() + local.slice(1);
}

/** The mail address of a user, where there is one: as they have chosen it, else by their JID. */
export async function userMailbox(
  transport: Pick<EmailTransport, 'host' | 'config' | 'state'>,
  account: AccountKey,
): Promise<string | undefined> {
  const { config } = transport;
  const local = (await openChosenNames(transport).get(account)) ?? localPartOf(splitAccount(account).user, config);
  return local === undefined ? undefined : `${local}@${config.domain}`;
}
