import type { Marks, Recipient, XmppSide } from '#src/core/index.ts';
import type { Event } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { NewRow } from '#src/store/index.ts';
import type { Delivery } from './lane.ts';
import { type FreshRow, inwardId, laneOf, type Owed } from './rows.ts';
import type { Cut } from './shelf.ts';

export type DisplayParts = {
  readonly xmpp: Pick<XmppSide, 'deliver'>;
  readonly delivery: Pick<Delivery, 'announce' | 'added' | 'behind' | 'coming'>;
  /** The statement that adds a row. */
  add(row: NewRow): NonNullable<Cut['statements']>[number];
  /** A row for what is owed. */
  row(event: EventId, place: Place, owed: Owed): FreshRow;
  /** Writes what waits, soon, or a while after the store was away. */
  hurry(): void;
  retry(): void;
};

export type Display = ReturnType<typeof openDisplay>;

/**
 * Shows events to their readers on XMPP. What has to be durable first is held in its lane until it is, and whatever follows
 * it in its place stays behind it.
 */
export function openDisplay({ xmpp, delivery, ...parts }: DisplayParts) {
  const expected = new Set<EventId>();
  /** What is not part of a unit yet. */
  let fresh: FreshRow[] = [];

  return {
    /** What is shown next of this event is owed: it goes through the journal. */
    owe: (id: EventId): void => void expected.add(id),
    /** Shows an event, now or in its turn; false where the writer refused. Never throws. */
    show(event: Event, to: readonly Recipient[], marks?: Marks): boolean {
      // Most is in nobody's way: nothing is looked up for it.
      if (expected.size === 0 && delivery.coming === 0) return xmpp.deliver(event, to, marks);
      const { place } = event;
      if (expected.delete(event.id) && to.length > 0) {
        const owed: Owed = { way: 'in', event, to, ...(marks && { marks }) };
        fresh.push(delivery.announce(parts.row(inwardId(event.id), place, owed)));
        parts.hurry();
        return true;
      }
      if (delivery.behind(laneOf('in', place), () => xmpp.deliver(event, to, marks))) return true;
      return xmpp.deliver(event, to, marks);
    },
    cut(): Cut {
      const batch = fresh;
      fresh = [];
      return {
        statements: batch.map(parts.add),
        restore() {
          fresh = [...batch, ...fresh];
          if (batch.length > 0) parts.retry();
        },
        done() {
          for (const row of batch) void delivery.added(row);
        },
      };
    },
  };
}
