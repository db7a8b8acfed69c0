import type { Host } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { account as accountSchema, type SmsConfig } from './config.ts';
import type { Provider } from './provider/provider.ts';
import type { Memory } from './routing/memory.ts';
import { countryOf } from './routing/numbers.ts';
import type { OurNumber } from './routing/routing.ts';
import type { Recent } from './texts/recent.ts';

/** What the parts of an opened transport share. */
export type Parts = {
  readonly host: Host;
  readonly config: SmsConfig;
  readonly provider: Provider;
  readonly memory: Memory;
  readonly recent: Recent;
  /** Runs what reads and changes the state of one correspondent, one after the other. */
  alone<T>(their: string, work: () => Promise<T>): Promise<T>;
};

/** Serial execution by key, with results. */
export function openAlone(host: Host): Parts['alone'] {
  const serial = lanes((error) => host.log.error({ err: error }, 'work in a lane failed'));
  return (key, work) =>
    new Promise((done, fail) => {
      serial.run(key, () => work().then(done, fail));
    });
}

/** The account of a user whom the operator named. */
export const accountOf = ({ host }: Pick<Parts, 'host'>, user: string): AccountKey =>
  accountKey(user as BareJid, host.transport);

/** The country of a number of ours, in upper case; where it tells none, the one that the operator has named. */
export const homeOf = ({ config }: Pick<Parts, 'config'>, our: string): string =>
  countryOf(our) ?? config.country ?? 'ZZ';

/** What the operator has said of a number of ours, for routing. */
export async function numberOf(parts: Parts, our: string): Promise<OurNumber> {
  const { config, memory } = parts;
  const owner = config.owners[our];
  const last = config.first_contact === 'last' ? await memory.last(our) : undefined;
  return {
    ...(owner && { owner: accountOf(parts, owner.user) }),
    dedicated: owner?.dedicated ?? false,
    first: config.first_contact,
    menu: config.menu.map((user) => accountOf(parts, user)),
    ...(last !== undefined && { last }),
  };
}

/** The name under which phones get a user's texts. */
export async function nameOf({ host }: Parts, account: AccountKey): Promise<string> {
  const set = accountSchema.safeParse((await host.settings({ kind: 'realm', account, realm: '' })).account ?? {});
  if (set.success && set.data.name !== '') return set.data.name;
  const local = splitAccount(account).user.replace(/@.*$/, '');
  return local.charAt(0).toUpperCase() + local.slice(1);
}

/** The domain that phones are told about a user. */
export const domainOf = (account: AccountKey): string => splitAccount(account).user.replace(/^.*@/, '');
