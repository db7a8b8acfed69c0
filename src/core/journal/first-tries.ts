import type { NewRow } from '#src/store/index.ts';

export type FirstTriesParts = {
  /** How many of a lane are under way, if nothing of it waits. */
  busy(lane: string): number | undefined;
};

/**
 * Attempts are counted before the try. Where a new row goes as soon as it is durable, its first one is counted in the
 * unit that adds it, and nothing has to be written in between.
 */
export type FirstTries = {
  /** The row as it is to be added: in flight where so many more may be under way in its lane at once. */
  mark<Row extends NewRow>(row: Row, window: number): Row;
  /** The row was added, or could not be. */
  added(row: NewRow): void;
};

/** Rows of a lane that are being added. */
type Coming = { flight: number; ready: number };

export function openFirstTries({ busy }: FirstTriesParts): FirstTries {
  const lanes = new Map<string, Coming>();

  function goes({ lane }: NewRow, window: number, { flight, ready }: Coming): boolean {
    const open = busy(lane);
    return open !== undefined && ready === 0 && open + flight < window;
  }

  return {
    mark(row, window) {
      const coming = lanes.get(row.lane) ?? { flight: 0, ready: 0 };
      lanes.set(row.lane, coming);
      const flight = goes(row, window, coming);
      coming[flight ? 'flight' : 'ready']++;
      return flight ? { ...row, state: 'flight', attempts: 1 } : row;
    },
    added({ lane, state }) {
      const coming = lanes.get(lane);
      if (!coming) return;
      coming[state === 'flight' ? 'flight' : 'ready']--;
      if (coming.flight + coming.ready === 0) lanes.delete(lane);
    },
  };
}
