import type { Failure } from '#src/model/failure.ts';
import type { Statement } from '#src/store/index.ts';
import type { LifeEffect, LifeFacts } from './life.ts';
import type { FreshRow } from './owed.ts';
import type { Item } from './rows.ts';

/** How what is owed is handed over, one for each side. */
export type Carrier = {
  facts(item: Item): Omit<LifeFacts, 'now'> & { readonly window: number };
  /** Whether it can be handed over now; `wake` tells when that may have changed. */
  ready(item: Item): boolean;
  /** Hands it over. What becomes of it comes by `settle`, for each of the ids in `item.pending`. Throws a `Failure`. */
  carry(item: Item): void | Promise<void>;
  reconcile(item: Item): Promise<'sent' | 'not-sent' | 'unknown'>;
  /** Takes back what was handed over and has not left; false if it is too late. */
  withdraw(item: Item): boolean;
  /** The other side has it: what is known of it now goes into the unit that says so. */
  landed(item: Item): void;
  /** What nothing is written of will not arrive. */
  refused(item: Item, failure: Failure): void;
  /** What an effect gives somebody else to be owed, as rows that are added once. */
  answers(item: Item, effect: LifeEffect): readonly FreshRow[];
  /** What else is written with an effect. */
  writes(item: Item, effect: LifeEffect): readonly Statement[];
  /** It has ended, and that is durable. Never throws. */
  ended(item: Item): void;
};
