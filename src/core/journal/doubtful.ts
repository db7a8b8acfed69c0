import type { Clock } from '#src/lib/clock.ts';
import { type NewRow, type Store, StoreUnavailable } from '#src/store/index.ts';

/** Ms between two questions to a store that is away. */
const AGAIN = 1000;

export type DoubtParts = {
  readonly store: Pick<Store, 'journal'>;
  readonly clock: Clock;
  /** Whether a store that is away is waited for. */
  patient(): boolean;
};

/**
 * The line to the store broke while it committed: whether the row is there after all. Asks until the store answers, so
 * that its sender is told the truth. Rejects with StoreUnavailable when that is not waited for.
 */
export async function cameThrough({ store, clock, patient }: DoubtParts, row: NewRow): Promise<boolean> {
  for (;;) {
    try {
      return (await store.journal.byEvent(row.event)) !== undefined;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !patient()) throw error;
      await new Promise<void>((resolve) => clock.after(AGAIN, resolve));
    }
  }
}
