import type { Accounts } from '#src/core/accounts/accounts.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { Occupancy } from './occupancy.ts';
import type { Rooms } from './rooms.ts';

export type RestoreParts = {
  readonly store: Pick<Store, 'sessions'>;
  readonly occupancy: Pick<Occupancy, 'last'>;
  readonly rooms: Pick<Rooms, 'restore'>;
  readonly sessions: Pick<Sessions, 'expect'>;
  readonly transports: ReadonlyMap<string, unknown>;
  readonly accounts: Pick<Accounts, 'permitted'>;
  /** The realm of a place. Throws a `Failure` for one that has no address any more. */
  realm(place: Place): string;
};

/** Brings back rooms and sessions of the last run. Nothing is connected yet: that waits for `resume`. */
export async function restore({ store, occupancy, rooms, sessions, ...parts }: RestoreParts): Promise<void> {
  const mine = (account: AccountKey): boolean => {
    const { user, transport } = splitAccount(account);
    return parts.transports.has(transport) && parts.accounts.permitted(user);
  };
  const known = (place: Place): boolean => {
    try {
      return parts.realm(place) !== undefined;
    } catch (error) {
      if (error instanceof Failure) return false;
      throw error;
    }
  };
  const last = await occupancy.last();
  // What belongs to somebody else is only taken out of the store.
  const left = last.map((room) => ({
    ...room,
    sittings: room.sittings.filter(({ account }) => mine(account) && known(room.place)),
  }));
  for (const { key, nick } of rooms.restore(left)) sessions.expect(key, nick, false);
  for (const { account, realm, nick } of await store.sessions.all())
    if (mine(account)) sessions.expect({ account, realm }, nick ?? undefined, true);
}
