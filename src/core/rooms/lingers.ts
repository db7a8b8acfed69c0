import type { Clock } from '#src/lib/time/clock.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';

/** Accounts that stay in rooms for a while after their last client was lost. */
export type Lingers = {
  /** The account lingers in the place from now on. */
  start(account: AccountKey, place: Place): void;
  /** No more from now on: nobody's time ends. */
  stop(): void;
};

/** `end` hears of each account whose time of `ms` milliseconds is over, also of one that has come back meanwhile. */
export function openLingers(clock: Clock, ms: number, end: (account: AccountKey, place: Place) => void): Lingers {
  const cancels = new Map<string, () => void>();
  return {
    start(account, place) {
      const name = `${account} ${placeKey(place)}`;
      cancels.get(name)?.();
      const cancel = clock.after(ms, () => {
        cancels.delete(name);
        end(account, place);
      });
      cancels.set(name, cancel);
    },
    stop() {
      for (const cancel of cancels.values()) cancel();
      cancels.clear();
    },
  };
}
