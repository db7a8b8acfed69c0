import type { AccountKey } from '#src/model/ids.ts';

/** For which accounts what is said in a room is kept, by the keys of rooms. */
export function openKeepers() {
  const places = new Map<string, Set<AccountKey>>();
  return {
    set(account: AccountKey, place: string, on: boolean): void {
      const known = places.get(place) ?? new Set();
      if (on) known.add(account);
      else known.delete(account);
      if (known.size > 0) places.set(place, known);
      else places.delete(place);
    },
    has: (account: AccountKey, place: string): boolean => places.get(place)?.has(account) ?? false,
    any: (place: string): boolean => places.has(place),
  };
}
