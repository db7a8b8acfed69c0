import type { Item } from './rows.ts';

/** Calls `go` once all of them that are under way in the lane of `item` have ended: at once where none is. */
export function follow(item: Item, all: Iterable<Item>, go: () => void): void {
  let left = 1;
  const ended = (): void => {
    if (--left === 0) go();
  };
  for (const one of new Set(all)) {
    if (one === item || one.row.lane !== item.row.lane || one.life.state !== 'flight') continue;
    left++;
    one.followers = [...(one.followers ?? []), ended];
  }
  ended();
}

/** An item has ended, and what became of it was told: what has waited for that goes on. */
export function free(item: Item): void {
  const { followers } = item;
  item.followers = undefined;
  if (followers) for (const ended of followers) ended();
}
