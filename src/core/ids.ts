import type { Event } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Origin } from './index.ts';

/**
 * An event on its way to a network, with the stanza that it came from. A stanza may become several events: `lead` is
 * the one that keeps the stanza's id, and `answered` is shared by all so that the sender hears of one failure.
 */
export type Flight = {
  readonly event: Event;
  readonly origin: Origin | undefined;
  readonly lead: boolean;
  readonly answered: { yes: boolean };
};

/** The one place where the ids of both sides meet. */
export type Ids = {
  depart(flight: Flight): void;
  /** The flight of an event that has not landed yet. */
  get(id: EventId): Flight | undefined;
  /** Ends a flight. Whoever gets it back is the only one who answers for it. */
  land(id: EventId): Flight | undefined;
  readonly size: number;
};

/** No flights yet. They are bounded by the queues of the bridges, which refuse what is too much. */
export function openIds(): Ids {
  const flights = new Map<EventId, Flight>();
  return {
    depart: (flight) => void flights.set(flight.event.id, flight),
    get: (id) => flights.get(id),
    land(id) {
      const flight = flights.get(id);
      flights.delete(id);
      return flight;
    },
    get size() {
      return flights.size;
    },
  };
}
