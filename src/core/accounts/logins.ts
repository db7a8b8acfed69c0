import type { AccountLogin, Credentials, SessionKey } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { GuardFailed, removal, type SealKey, type Statement, type Store } from '#src/store/index.ts';
import type { Dormancy } from './dormancy.ts';
import { isVault } from './settings.ts';

export type LoginParts = {
  readonly store: Store;
  readonly key: SealKey;
  readonly now: () => number;
  readonly dormancy: Pick<Dormancy, 'has' | 'wake'>;
};

/** What logins tell, once it is durable. */
export type LoginNews = {
  /** The account has something to log in with, or nothing any more. */
  changed(account: AccountKey, linked: boolean): void;
  /** Another login has taken the place of this one. */
  replaced?(account: AccountKey, login: AccountLogin, next: AccountLogin): void;
};

export type Logins = {
  listen(news: LoginNews): void;
  /** Registers the account and puts these in the place of what it had in the realm. Resolves once durable. */
  register(at: SessionKey, credentials: Credentials): Promise<void>;
  /** Replaces what the account logs in with, where it is as expected. Resolves once durable with whether it was done. */
  replace(at: SessionKey, expected: Credentials, next: Credentials): Promise<boolean>;
  /** Forgets what the account logs in with in the realm. Resolves once durable. */
  forget(at: SessionKey): Promise<void>;
  /** Registers an account that needs no login. Resolves once durable. */
  enrol(account: AccountKey): Promise<void>;
  /** Removes the account with all that is its own, in one unit, and puts the rest out of its reach. */
  unregister(account: AccountKey): Promise<void>;
  registered(account: AccountKey): Promise<boolean>;
  /** What the account logs in with, none for a guest. Rejects with SealBroken under another key. */
  credentials(at: SessionKey): Promise<Credentials | undefined>;
  /** All that the account logs in with. Rejects with SealBroken under another key. */
  all(account: AccountKey): Promise<readonly AccountLogin[]>;
};

/** What accounts log in with, sealed in the store (SECURITY rule 9). A realm never sees what was given for another. */
export function openLogins({ store, key, now, dormancy }: LoginParts): Logins {
  const registering = (account: AccountKey): readonly Statement[] => [
    store.accounts.used(account, now()),
    store.accounts.register(account, true),
  ];

  async function credentialsOf({ account, realm }: SessionKey): Promise<Credentials | undefined> {
    const found = await store.credentials.get(key, account, realm);
    return found.size === 0 ? undefined : Object.fromEntries(found);
  }

  const listeners: LoginNews[] = [];
  const tell = (account: AccountKey, linked: boolean): void => {
    for (const news of listeners) news.changed(account, linked);
  };
  const realmsOf = async (account: AccountKey): Promise<readonly string[]> =>
    (await store.credentials.realms(account)).filter((realm) => !isVault(realm));

  return {
    listen: (news) => void listeners.push(news),
    async enrol(account) {
      await store.unit([...(await dormancy.wake(account)), ...registering(account)]);
    },
    async register({ account, realm }, credentials) {
      const before = await credentialsOf({ account, realm });
      await store.unit([
        ...(await dormancy.wake(account, { realm, credentials })),
        ...registering(account),
        store.credentials.remove(account, realm),
        ...Object.entries(credentials).map(([name, secret]) =>
          store.credentials.put(key, { account, realm, name }, secret),
        ),
      ]);
      tell(account, true);
      const next = { realm, credentials };
      if (before) for (const news of listeners) news.replaced?.(account, { realm, credentials: before }, next);
    },
    async replace({ account, realm }, expected, next) {
      const found = await store.credentials.find(key, account, realm);
      const names = Object.keys(expected);
      const same = names.every((name) => found.get(name)?.secret.open() === expected[name]?.open());
      if (!same || names.length === 0 || found.size !== names.length) return false;
      const place = (name: string) => ({ account, realm, name });
      try {
        await store.unit([
          ...[...found].map(([name, one]) => store.credentials.removeFound(place(name), one)),
          ...Object.entries(next).map(([name, secret]) => store.credentials.put(key, place(name), secret)),
        ]);
        return true;
      } catch (error) {
        // Somebody has registered anew, or is gone.
        if (!(error instanceof GuardFailed)) throw error;
        return false;
      }
    },
    async forget({ account, realm }) {
      await store.unit([store.credentials.remove(account, realm)]);
      tell(account, (await realmsOf(account)).length > 0);
    },
    async unregister(account) {
      await store.unit(removal(store, { account, since: now() }));
      tell(account, false);
    },
    registered: async (account) => !dormancy.has(account) && (await store.accounts.get(account))?.registered === true,
    credentials: async (at) => (dormancy.has(at.account) ? undefined : credentialsOf(at)),
    async all(account) {
      const realms = await realmsOf(account);
      const found = await Promise.all(realms.map((realm) => credentialsOf({ account, realm })));
      return realms.flatMap((realm, index) => {
        const credentials = found[index];
        return credentials ? [{ realm, credentials }] : [];
      });
    },
  };
}
