import type { FreshRow, Lane, OwedRow } from './rows.ts';

export type ComingParts = {
  /** The lane of that key, in hand from now on. */
  lane(key: string): Lane;
  /** The lane of that key as it is: one that is not in hand may owe something in the store. */
  look(key: string): Pick<Lane, 'coming' | 'rows' | 'more' | 'loading'>;
  /** How many of a lane may be under way. */
  free(row: FreshRow): number;
};

/**
 * Rows that are being added. Attempts are counted before the try. Where a new row goes as soon as it is durable, its first
 * one is counted in the unit that adds it, and nothing has to be written in between.
 */
export function openComing({ lane: laneOf, look, free }: ComingParts) {
  let size = 0;

  /** Whether so many of its lane may be under way, and nobody in it waits. */
  function goes({ coming, rows, more, loading }: ReturnType<ComingParts['look']>, row: FreshRow): boolean {
    if (more || loading || row.notBefore > 0 || coming.length + rows.length >= free(row)) return false;
    // Nobody waited when that before it was marked.
    const before = coming.at(-1);
    return before ? before.row.state === 'flight' : rows.every(({ busy }) => busy);
  }

  /** A row as it is to be added: in flight where it may go at once. */
  const mark = (row: FreshRow): FreshRow =>
    goes(look(row.lane), row) ? { ...row, state: 'flight', attempts: 1 } : row;

  return {
    mark,
    /** The same, and what follows in its lane stays behind it. */
    begin(row: FreshRow): FreshRow {
      const marked = mark(row);
      laneOf(row.lane).coming.push({ row: marked, behind: [] });
      size++;
      return marked;
    },
    /** It was added, or could not be. Returns what is to be done after it. */
    end(row: FreshRow): readonly (() => void)[] {
      const { coming } = laneOf(row.lane);
      const index = coming.findIndex((one) => one.row === row);
      if (index < 0) return [];
      size--;
      const ended = index === 0 ? coming.shift() : coming.splice(index, 1)[0];
      return ended?.behind ?? [];
    },
    get size() {
      return size;
    },
  };
}

/** What had left its lane stands where it stood again: before all that was accepted after it. */
export function stepBack(row: OwedRow, lane: Lane): void {
  const next = lane.rows.findIndex(({ id }) => id > row.id);
  lane.rows.splice(next < 0 ? lane.rows.length : next, 0, row);
  row.lane = lane;
}
