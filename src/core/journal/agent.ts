import type { Outcome } from '#src/bridge.ts';
import type { EventId } from '#src/model/ids.ts';
import type { LifeFacts } from './life.ts';
import type { OwedRow } from './rows.ts';

/** Who hears what becomes of rows that were handed over. */
export type Hearing = {
  /** A row goes to its side as this event, too. */
  track(row: OwedRow, id: EventId): void;
  /** Undefined for an event that was not journaled. Else it resolves once the store has it; a rejection is logged. */
  settle(id: EventId, outcome: Outcome): Promise<void> | undefined;
};

/** How rows are handed over, one for each side. */
export type DeliveryAgent = {
  /** `window`: how many of a lane may be under way. */
  facts(row: OwedRow): Omit<LifeFacts, 'now'> & { readonly window: number };
  /** How many new ones of its lane may go as soon as they are durable. None while nobody takes them. */
  free(row: Pick<OwedRow, 'owed' | 'account' | 'at'>): number;
  /** Whether it can be handed over now; `wake` tells when that may have changed. */
  ready(row: OwedRow): boolean;
  /** Whether it waits for its reader to come back, and what is not kept for that goes past it. */
  holds(row: OwedRow): boolean;
  /**
   * Hands a row over, with those that go as one with it. What becomes of each is heard for the ids in its `pending`. Throws a
   * `Failure`.
   */
  carry(row: OwedRow, heard: Hearing, more: readonly OwedRow[]): void | Promise<void>;
  /** Whether it goes as one with messages behind it that do so, too. */
  joins(row: OwedRow): boolean;
  reconcile(row: OwedRow): Promise<'sent' | 'not-sent' | 'unknown'>;
  /** Takes back what was handed over and has not left; false if it is too late. */
  withdraw(row: OwedRow): boolean;
};
