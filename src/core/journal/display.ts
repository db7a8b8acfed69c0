import type { Marks, Recipient, XmppSide } from '#src/core/index.ts';
import type { Event } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { NewRow } from '#src/store/index.ts';
import { type FreshRow, inwardId, type Owed } from './owed.ts';
import type { Cut } from './shelf.ts';

export type DisplayParts = {
  readonly xmpp: Pick<XmppSide, 'deliver'>;
  /** The statement that adds a row. */
  add(row: NewRow): NonNullable<Cut['statements']>[number];
  /** A row for what is owed. */
  row(event: EventId, place: Place, owed: Owed): FreshRow;
  /** Takes a row that is durable. */
  push(row: FreshRow): void;
  /** Writes what waits, soon, or a while after the store was away. */
  hurry(): void;
  retry(): void;
};

/**
 * Shows events to their readers on XMPP. What has to be durable first is held until it is, and whatever follows it in its
 * place stays behind it.
 */
export type Display = {
  /** Shows an event, now or in its turn; false where the writer refused. Never throws. */
  show(event: Event, to: readonly Recipient[], marks?: Marks): boolean;
  /** What is shown next of this event is owed: it goes through the journal. */
  owe(id: EventId): void;
  cut(): Cut;
};

type Held = { readonly event: Event; readonly to: readonly Recipient[]; readonly marks: Marks | undefined } & {
  owed: boolean;
  row: FreshRow | undefined;
};

export function openDisplay({ xmpp, ...parts }: DisplayParts): Display {
  const expected = new Set<EventId>();
  const places = new Map<string, Held[]>();
  /** What is not part of a unit yet. */
  let fresh: Held[] = [];

  function rowFor({ event, to, marks }: Held): FreshRow {
    const owed: Owed = { way: 'in', event, to, ...(marks && { marks }) };
    return parts.row(inwardId(event.id), event.place, owed);
  }

  /** What is durable goes, and what waited behind it and is not owed itself. */
  function release(batch: readonly Held[]): void {
    for (const held of batch) {
      held.owed = false;
      const key = placeKey(held.event.place);
      const queue = places.get(key) ?? [];
      while (queue[0] && !queue[0].owed) {
        const next = queue.shift();
        if (next?.row) parts.push(next.row);
        else if (next) xmpp.deliver(next.event, next.to, next.marks);
      }
      if (queue.length === 0) places.delete(key);
    }
  }

  return {
    owe: (id) => void expected.add(id),
    show(event, to, marks) {
      // Most is in nobody's way: nothing is looked up for it.
      if (expected.size === 0 && places.size === 0) return xmpp.deliver(event, to, marks);
      const owed = expected.delete(event.id) && to.length > 0;
      const key = placeKey(event.place);
      const queue = places.get(key);
      if (!owed && !queue) return xmpp.deliver(event, to, marks);
      const held: Held = { event, to, marks, owed, row: undefined };
      if (queue) queue.push(held);
      else places.set(key, [held]);
      if (owed) {
        fresh.push(held);
        parts.hurry();
      }
      return true;
    },
    cut() {
      const batch = fresh;
      fresh = [];
      for (const held of batch) held.row = rowFor(held);
      return {
        statements: batch.flatMap(({ row }) => (row ? [parts.add(row)] : [])),
        restore() {
          fresh = [...batch, ...fresh];
          if (batch.length > 0) parts.retry();
        },
        done: () => release(batch),
      };
    },
  };
}
