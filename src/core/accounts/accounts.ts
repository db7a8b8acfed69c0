import { peopleTexts as texts } from '#mappings/texts/people.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { openBatch, type Store } from '#src/store/index.ts';

/** Whom the operator lets in: domains, bare JIDs, or `*` for everybody. */
export type Access = {
  readonly register: readonly string[];
  /** Whom those who are not let in can ask. */
  readonly admins: readonly string[];
};

export type Accounts = {
  permitted(user: BareJid): boolean;
  /** Throws what somebody is told who is not permitted, or whose place it is not. */
  admit(user: BareJid, place?: Place): void;
  /** The account of an XMPP party at a transport. */
  of(party: Party, transport: string): AccountKey;
  /** A permitted user uses a transport: kept, once a day, with the next batch. */
  used(key: AccountKey): void;
  /** Resolves once what was used is written. */
  flush(): Promise<void>;
};

export type AccountParts = {
  readonly access: Access;
  readonly store: Pick<Store, 'accounts' | 'unit'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

const DAY = 86_400_000;
/** Accounts that are remembered as noted today. */
const NOTED = 100_000;

/** Users of whom it is remembered whether they are permitted. */
const PERMITTED = 10_000;

/** Accounts come into being on the first permitted use. Bare JIDs are matched exactly (SECURITY rule 13). */
export function openAccounts({ access: { register, admins }, store, clock, log }: AccountParts): Accounts {
  const listed = new Set(register);
  const batch = openBatch<{ readonly key: AccountKey; readonly at: number }>({
    store,
    log,
    what: 'accounts',
    statements: (rows) => rows.map(({ key, at }) => store.accounts.used(key, at)),
  });
  const noted = new Set<AccountKey>();
  let today = 0;

  /** Whoever is there is asked about with each message. */
  const known = openRecent<boolean>(PERMITTED);

  function permitted(user: BareJid): boolean {
    const before = known.get(user);
    if (before !== undefined) return before;
    const found = listed.has('*') || listed.has(user) || listed.has(user.slice(user.indexOf('@') + 1));
    known.set(user, found);
    return found;
  }

  const [admin] = admins;
  const refusal = admin === undefined ? {} : { text: texts.notOnList(admin) };

  return {
    permitted,
    admit(user, place) {
      if (!permitted(user)) throw new Failure('not-on-list', refusal);
      if (place && place.kind !== 'shared' && splitAccount(place.account).user !== user)
        throw new Failure('not-permitted');
    },
    of(party, transport) {
      if (party.kind !== 'xmpp') throw new Error('only an XMPP party has an account');
      return accountKey(party.bare, transport);
    },
    used(key) {
      const now = clock.now();
      const day = Math.floor(now / DAY);
      if (day !== today || noted.size >= NOTED) noted.clear();
      today = day;
      if (noted.has(key)) return;
      noted.add(key);
      batch.put({ key, at: now });
    },
    flush: batch.flush,
  };
}
