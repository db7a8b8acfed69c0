import type { Clock } from '#src/lib/clock.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';

export type HeldParts = {
  readonly clock: Clock;
  /** How many events wait, and for how many milliseconds. */
  readonly waitingLines: number;
  readonly waitingTime: number;
  refuse(event: Event, failure: Failure): void;
};

/** What waits for a session that is not there. */
export type Held = {
  /** Throws `Failure('queue-full')` when too much waits. */
  put(event: Event): void;
  /** Takes out all that waits, in order. */
  take(): readonly Event[];
  refuse(failure: Failure): void;
};

/** Nothing waits. What has waited for too long is refused. */
export function openHeld({ clock, waitingLines, waitingTime, refuse }: HeldParts): Held {
  let held: { readonly event: Event; readonly until: number }[] = [];
  let expiry: (() => void) | undefined;

  function take(): readonly Event[] {
    expiry?.();
    expiry = undefined;
    const events = held.map(({ event }) => event);
    held = [];
    return events;
  }

  function expire(): void {
    expiry = undefined;
    const now = clock.now();
    const late = held.filter(({ until }) => until <= now);
    held = held.slice(late.length);
    const [next] = held;
    if (next) expiry = clock.after(next.until - now, expire);
    for (const { event } of late) refuse(event, new Failure('recipient-unavailable'));
  }

  return {
    put(event) {
      if (held.length >= waitingLines) throw new Failure('queue-full');
      held.push({ event, until: clock.now() + waitingTime });
      expiry ??= clock.after(waitingTime, expire);
    },
    take,
    refuse(failure) {
      for (const event of take()) refuse(event, failure);
    },
  };
}
