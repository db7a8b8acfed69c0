import type { Clock } from '#src/lib/clock.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { type FreshRow, laneOf, type Owed } from './owed.ts';

/** A row that waits for its first try, for `expiry` ms of gateway time from `now` on. */
export function newRow(
  parts: { readonly store: Pick<Store, 'journal'>; readonly clock: Pick<Clock, 'now'> },
  time: { readonly now: number; readonly expiry: number },
  what: { readonly way: 'in' | 'out'; readonly event: EventId; readonly place: Place; readonly owed: Owed },
): FreshRow {
  const { way, event, place, owed } = what;
  return {
    id: parts.store.journal.nextId(),
    event,
    lane: laneOf(way, place),
    account: place.kind === 'shared' ? '' : place.account,
    key: null,
    body: JSON.stringify(owed),
    origin: null,
    state: 'ready',
    attempts: 0,
    notBefore: 0,
    expires: time.now + time.expiry,
    at: parts.clock.now(),
    charges: null,
    owed,
  };
}
