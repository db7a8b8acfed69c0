import { deliveryOf } from '#mappings/delivery.ts';
import type { Ids } from '#src/core/ids.ts';
import type { Footing, Standings } from '#src/core/standing.ts';
import { type CarryContext, carry } from '#src/core/way/carry.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { Budgets } from './budgets.ts';
import type { Carrier } from './carrier.ts';
import type { Delivery } from './lane.ts';
import type { LifeEffect } from './life.ts';
import { type FreshRow, type Journey, journaledId } from './owed.ts';
import { delayedRow, errorRow, type MakeRow, receiptRow } from './receipts.ts';
import { eventOf, type Item } from './rows.ts';
import type { Commit, Rows } from './shelf.ts';

export type ToNetworkParts = {
  readonly store: Store;
  readonly commit: Commit;
  readonly rows: Rows;
  readonly budgets: Budgets;
  readonly ids: Pick<Ids, 'resolve'>;
  readonly standings: Pick<Standings, 'of'>;
  readonly clock: Clock;
  readonly log: Log;
  delivery(): Delivery;
  /** How long an event is tried, in milliseconds. */
  expiry(domain: string): number;
  /** The wait before the next try, in milliseconds, between bounds. */
  wait(bounds: { min: number; max: number }, attempts: number): number;
  readonly row: MakeRow;
  /** The network has a row. */
  landed(item: Item): void;
  /** A row of which nothing is written will not arrive. */
  refused(item: Item, failure: Failure): void;
  report(item: Item): void;
  asFailure(error: unknown): Failure;
};

/** Towards networks: the events of users, over their sessions. */
export function openToNetwork({ store, commit, ids, standings, clock, log, ...parts }: ToNetworkParts): Carrier & {
  /** How many may be under way in the lane of an account's event. None while no session takes it. */
  window(event: Event, account: string): number;
} {
  /** How the account stands to where a row goes, by the identity by which it was sent. */
  function standingOf({ owed, row, to }: Item): Footing {
    if (to) return to;
    if (owed.way !== 'out') throw new Error('only what goes to a network has a standing there');
    return standings.of(row.account as AccountKey, owed.event.place, owed.identity);
  }
  /** What is not durable goes while somebody takes it, and is not tried again. */
  const once = {
    confirms: 'taken',
    handedOver: true,
    charged: false,
    once: new Failure('recipient-unavailable'),
    expiry: Number.POSITIVE_INFINITY,
    tell: Number.POSITIVE_INFINITY,
    window: Number.POSITIVE_INFINITY,
    wait: () => 0,
  } as const;
  function carryContext(item: Item): CarryContext {
    const { transport, session } = standingOf(item);
    return { ids, delivery: parts.delivery(), transport, session, asFailure: parts.asFailure };
  }

  function answer(item: Item, effect: LifeEffect): FreshRow | undefined {
    const event = eventOf(item);
    if (effect.do === 'report') parts.report(item);
    const { journey } = item;
    if (!journey) return undefined;
    if (effect.do === 'bounce') return errorRow(parts.row, event, journey, effect.failure);
    if (effect.do === 'tell') return delayedRow(parts.row, event, journey, clock.now());
    // The receipt of several pieces is due when the last one has arrived.
    if (effect.do !== 'receipt' || journey.parts > 1) return undefined;
    return confirming(item) ? receiptRow(parts.row, event, journey) : undefined;
  }

  const confirming = (item: Item): boolean => standingOf(item).transport.mapping.facts.confirms !== 'none';

  async function receiptOfAll(item: Item, journey: Journey): Promise<void> {
    const { group, parts: count } = journey;
    const names = Array.from({ length: count }, (_, part) => journaledId(group, part));
    const rows = await Promise.all(names.map((name) => store.journal.byEvent(name)));
    if (!rows.every((row) => row?.outcome === 'delivered')) return;
    const row = receiptRow(parts.row, eventOf(item), journey);
    if (!row) return;
    const [added] = await commit.write([store.journal.addOnce(row, await parts.rows.owner())]);
    if (added?.changed === 1) parts.delivery().push(row);
  }

  return {
    window(event, account) {
      const { session, transport } = standings.of(account as AccountKey, event.place);
      return session ? deliveryOf(transport.mapping.facts).window : 0;
    },
    facts(item) {
      if (!item.kept) return once;
      const event = eventOf(item);
      const { mapping, receipts } = standingOf(item).transport;
      const table = deliveryOf(mapping.facts);
      return {
        confirms: mapping.facts.confirms,
        handedOver: receipts === 'handed over',
        charged: item.row.charges !== null,
        expiry: parts.expiry(placeTransport(event.place)),
        tell: table.told,
        window: table.window,
        wait: (attempts, { retryAfter = 0 }) =>
          Math.max(parts.wait(table.retry, attempts), Math.min(retryAfter, table.pause)),
      };
    },
    ready: (item) => standingOf(item).session !== undefined,
    carry: (item) => carry(carryContext(item), item),
    async reconcile(item) {
      const event = eventOf(item);
      if (item.known.size > 1) return 'unknown';
      return (await standingOf(item).transport.bridge().reconcile?.(event)) ?? 'unknown';
    },
    withdraw(item) {
      const { withdraw } = standingOf(item).transport.bridge();
      const open = [...item.pending];
      return withdraw !== undefined && open.length > 0 && open.every((id: EventId) => withdraw(id));
    },
    landed: parts.landed,
    refused: parts.refused,
    answers(item, effect) {
      const row = answer(item, effect);
      return row ? [row] : [];
    },
    writes(item, effect) {
      const lost = effect.do === 'end' && effect.outcome !== 'delivered' && effect.certain;
      return lost ? parts.budgets.release(item.row.charges) : [];
    },
    ended(item) {
      const { journey } = item;
      if (!journey || journey.parts < 2 || journey.origin.receipt !== true || !confirming(item)) return;
      receiptOfAll(item, journey).catch((err: unknown) => log.error({ err }, 'a receipt could not be given'));
    },
  };
}
