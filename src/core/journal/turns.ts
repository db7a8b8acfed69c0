import type { Item } from './rows.ts';

/** Calls `go` once all that is under way of what is `inHand` beside `item` has ended: at once where nothing is. */
export function follow(item: Item, inHand: readonly Item[], go: () => void): void {
  let left = 1;
  const ended = (): void => {
    if (--left === 0) go();
  };
  for (const one of new Set(inHand)) {
    if (one === item || one.life.state !== 'flight') continue;
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
