import type { AccountKey } from '#src/model/ids.ts';

/** A row of the archive by its id and the key of its place, and who may see it. */
export type SeenRow = { readonly id: number; readonly place: string; readonly seers: ReadonlySet<AccountKey> };

/** Rows of a place that follow each other, both ends included, all of which an account may see. */
export type Stretch = {
  readonly place: string;
  readonly account: AccountKey;
  readonly from: number;
  readonly to: number;
};

const NOBODY: ReadonlySet<AccountKey> = new Set();

/** The longest stretches that hold no row that somebody may not see. Pure. */
export function stretchesOf(rows: readonly SeenRow[]): readonly Stretch[] {
  const places = Map.groupBy(rows, ({ place }) => place);
  return [...places.values()].flatMap((of) => inPlace(of.sort((a, b) => a.id - b.id)));
}

function inPlace(rows: readonly SeenRow[]): readonly Stretch[] {
  const found: Stretch[] = [];
  const running = new Map<AccountKey, number>();
  for (const [at, { id, place, seers }] of rows.entries()) {
    for (const account of seers) if (!running.has(account)) running.set(account, id);
    const next = rows[at + 1]?.seers ?? NOBODY;
    for (const [account, from] of running) {
      if (next.has(account)) continue;
      found.push({ place, account, from, to: id });
      running.delete(account);
    }
  }
  return found;
}
