import type { Refused } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';

export type RefusalParts = {
  readonly store: Pick<Store, 'accounts' | 'contacts' | 'unit'>;
  readonly log: Log;
  now(): number;
};

/** Contacts whom users do not hear: declined until they add them, or blocked until they say otherwise. */
export type ContactRefusals = {
  /** Reads what is in the store. Before that nobody is refused. */
  load(): Promise<void>;
  /** From memory. They are few. */
  of(place: Place): Refused | undefined;
  refuse(account: AccountKey, id: string, how: Refused): void;
  /** The contact is heard again. With `declined` alone somebody who is blocked stays so. */
  lift(account: AccountKey, id: string, from?: Refused): void;
};

const keyOf = (account: AccountKey, id: string): string => `${account}\n${id}`;

export function openContactRefusals({ store, log, now }: RefusalParts): ContactRefusals {
  const refused = new Map<string, Refused>();

  /** Accounts are made by their first use. */
  function write(account: AccountKey, id: string, how: Refused | undefined): void {
    const at = now();
    const made = store.accounts.put({
      key: account,
      ...splitAccount(account),
      registered: false,
      created: at,
      seen: at,
    });
    store
      .unit([made, store.contacts.refuse(account, id, how)])
      .catch((err: unknown) => log.error({ err }, 'who is not to be heard could not be written'));
  }

  return {
    async load() {
      for (const { account, id, refused: how } of await store.contacts.refused()) refused.set(keyOf(account, id), how);
    },
    of: (place) =>
      refused.size > 0 && place.kind === 'contact' ? refused.get(keyOf(place.account, place.id)) : undefined,
    refuse(account, id, how) {
      refused.set(keyOf(account, id), how);
      write(account, id, how);
    },
    lift(account, id, from) {
      const how = refused.size > 0 ? refused.get(keyOf(account, id)) : undefined;
      if (how === undefined || (from !== undefined && how !== from)) return;
      refused.delete(keyOf(account, id));
      write(account, id, undefined);
    },
  };
}
