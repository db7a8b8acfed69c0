import type { Ids, Known } from '#src/core/ids.ts';
import { sayerOf } from '#src/core/rooms/archived.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { Archived } from '#src/store/rows/archive/archive.ts';

export type GrantParts = {
  readonly ids: Pick<Ids, 'resolve'>;
  readonly store: Pick<Store, 'archive' | 'visibility' | 'unit'>;
};

type Run = { readonly from: number; readonly to: number };

const PER_MS = 1000;
/** Rows that are read at a time. */
const ROWS = 1000;
/** What was heard when it was said stands in the archive so many ms later at most. */
const LATENCY = 2 * 60_000;

/** What the network calls by an id, if anybody on XMPP has heard of it. */
export async function knownBy(
  { ids }: Pick<GrantParts, 'ids'>,
  place: Place,
  id: ForeignId,
): Promise<Known | undefined> {
  try {
    return await ids.resolve({ place, target: id }, 'xmpp');
  } catch (error) {
    if (error instanceof Failure && error.code === 'item-not-found') return undefined;
    throw error;
  }
}

/**
 * Lets an account read what its network has shown it of a place, and nothing else that stands there. Rejects as the store does.
 */
export async function grant(
  parts: GrantParts,
  place: Place,
  account: AccountKey,
  drafts: readonly Draft[],
): Promise<void> {
  const times = drafts.flatMap(({ at }) => at ?? []);
  if (times.length === 0) return;
  const range = { from: Math.min(...times) * PER_MS, to: (Math.max(...times) + LATENCY) * PER_MS };
  const key = placeKey(place);
  const runs = await shownRuns(parts, place, drafts, range);
  const { store } = parts;
  if (runs.length > 0) await store.unit(runs.map(({ from, to }) => store.visibility.cover(account, key, from, to)));
}

/** The rows of a range that were shown, as runs between which others stand. */
async function shownRuns(
  parts: GrantParts,
  place: Place,
  drafts: readonly Draft[],
  { from, to }: Run,
): Promise<readonly Run[]> {
  const shown = await namesOf(parts, place, drafts);
  const runs: Run[] = [];
  let isOpen = false;
  for (let after = from - 1; ; ) {
    const { rows } = await parts.store.archive.page({ place: placeKey(place), after, before: to + 1, max: ROWS });
    for (const row of rows) {
      const mayRead = shown.has(nameOf(row.xmpp ?? row.event, row.fromId));
      const last = runs.at(-1);
      if (mayRead && isOpen && last) runs[runs.length - 1] = { from: last.from, to: row.id };
      else if (mayRead) runs.push({ from: row.id, to: row.id });
      isOpen = mayRead;
    }
    const last: Archived | undefined = rows.at(-1);
    if (!last || rows.length < ROWS) return runs;
    after = last.id;
  }
}

/** What rows of the archive are called that hold these. */
async function namesOf(parts: GrantParts, place: Place, drafts: readonly Draft[]): Promise<ReadonlySet<string>> {
  const known = await Promise.all(
    drafts.flatMap(({ ids = [] }) => ids.slice(0, 1)).map((id) => knownBy(parts, place, id)),
  );
  return new Set(known.flatMap((one) => one?.ids.map((id) => nameOf(id, sayerOf(one.author))) ?? []));
}

const nameOf = (id: string, by: string): string => `${by}\n${id}`;
