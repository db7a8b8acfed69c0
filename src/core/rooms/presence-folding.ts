import type { Marks } from '#src/core/index.ts';
import { openFold } from '#src/lib/fold.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import { CROWD } from './large-rooms.ts';
import type { Rooms } from './rooms.ts';

export type FlickerParts = {
  readonly rooms: Pick<Rooms, 'apply' | 'info' | 'readers'>;
  readonly clock: Clock;
  /** Milliseconds in which what an occupant changes again is told once; 0 tells every change. */
  readonly window: number;
  /** So many stanzas with presence were saved. */
  folded(transport: string, stanzas: number): void;
};

/** The way of events into rooms, on which the presence of an occupant that flickers is folded, and nothing else. */
export type Flicker = {
  apply(event: Event, marks?: Marks): void;
  /** What waits is not told any more. */
  stop(): void;
};

export function openFlicker({ rooms, clock, window, folded }: FlickerParts): Flicker {
  const fold = openFold<EventOf<'presence'>>({
    clock,
    window,
    tell: rooms.apply,
    needless: (change, told) => change.show === told.show && change.status === told.status,
    // Every reader of a room would have had it.
    saved: ({ place }) => folded(placeTransport(place), rooms.readers(place)),
  });
  const read = openFold<EventOf<'receipt'>>({
    clock,
    window,
    tell: rooms.apply,
    needless: (change, told) => change.target === told.target,
    saved: () => undefined,
  });
  const nameOf = (place: Place, id: string): string => `${placeKey(place)}\n${id}`;

  /** What else changes what is known of occupants, for whom something may wait. */
  function clear(event: Event): void {
    // A list that says how people fare knows it better than what they said before it.
    if (event.kind === 'occupants')
      for (const { id, show } of event.list) if (show !== undefined) fold.forget(nameOf(event.place, id));
    if (event.kind !== 'occupant' || event.change === 'join' || event.change === 'role') return;
    const name = nameOf(event.place, event.who.id);
    read.flush(name);
    // Whoever is called otherwise takes along what is known of them; whoever goes has no presence any more.
    if (event.change === 'rename') fold.flush(name);
    else fold.forget(name);
  }

  return {
    apply(event, marks) {
      if (event.kind === 'presence' && event.from.kind === 'network')
        return fold.pass(nameOf(event.place, event.from.id), event);
      // Of where somebody in a crowd has read up to, the newest says all.
      if (
        event.kind === 'receipt' &&
        event.from.kind === 'network' &&
        (rooms.info(event.place)?.occupants ?? 0) > CROWD
      )
        return read.pass(nameOf(event.place, event.from.id), event);
      if (fold.size + read.size > 0) clear(event);
      rooms.apply(event, marks);
    },
    stop() {
      fold.stop();
      read.stop();
    },
  };
}
