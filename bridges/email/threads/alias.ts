import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { StateChange } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { canBeChosen } from './user-address.ts';

/** How long a name that was given up is kept for whoever had it: mails to it would reach somebody else. */
const KEPT_FOR = 2 * 366 * 86_400_000;

/** What stands for the account of a name that was given up begins with this. */
const GONE = '-';

/** Local parts that users have chosen for themselves. */
export type ChosenNames = {
  /** Whose it is. */
  of(local: string): Promise<AccountKey | undefined>;
  /** That of an account. */
  get(account: AccountKey): Promise<string | undefined>;
  /** Rejects with a `Failure` for a name that is none, or is or was somebody else's. */
  choose(account: AccountKey, local: string): Promise<void>;
  /** An account is removed: nobody else gets its name soon. */
  forget(account: AccountKey): Promise<void>;
};

export function openChosenNames({
  host: { state, clock },
  config,
  state: { mac },
}: Pick<EmailTransport, 'host' | 'config' | 'state'>): ChosenNames {
  const keyOf = (local: string): string => `alias/${mac('alias', local)}`;
  const get = (account: AccountKey) => state.get({ account, key: 'alias' });
  /** Whoever had it is known again, and nothing else of them is. */
  const goneOf = (account: AccountKey): string => `${GONE}${mac('gone', account)}`;

  /** The name that an account has, as given up. */
  async function givenUp(account: AccountKey, but?: string): Promise<StateChange[]> {
    const before = await get(account);
    if (before === undefined || before === but) return [];
    return [{ key: keyOf(before), value: goneOf(account), seal: true, expires: clock.now() + KEPT_FOR }];
  }

  return {
    async of(local) {
      const found = await state.get({ key: keyOf(local) });
      return found === undefined || found.startsWith(GONE) ? undefined : (found as AccountKey);
    },
    get,
    async choose(account, written) {
      const local = written.trim().toLowerCase();
      if (!canBeChosen(local, config)) throw new Failure('not-acceptable', { text: texts.noSuchName });
      const known = await state.get({ key: keyOf(local) });
      const isMine = known === undefined || known === account || known === goneOf(account);
      const done =
        isMine &&
        (await state.write([
          ...(await givenUp(account, local)),
          { key: keyOf(local), value: account, seal: true, expect: known ?? null },
          { account, key: 'alias', value: local, seal: true },
        ]));
      if (!done) throw new Failure('nick-conflict', { text: texts.nameTaken });
    },
    async forget(account) {
      const changes = await givenUp(account);
      if (changes.length > 0) await state.write(changes);
    },
  };
}
