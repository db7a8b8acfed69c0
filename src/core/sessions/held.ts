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

/** What waits for a session that is not there. What has waited for too long is refused. */
export class Held {
  readonly #parts: HeldParts;
  #events: { readonly event: Event; readonly until: number }[] | undefined;
  #expiry: (() => void) | undefined;

  constructor(parts: HeldParts) {
    this.#parts = parts;
  }

  /** Throws `Failure('queue-full')` when too much waits. */
  put(event: Event): void {
    const { clock, waitingLines, waitingTime } = this.#parts;
    this.#events ??= [];
    if (this.#events.length >= waitingLines) throw new Failure('queue-full');
    this.#events.push({ event, until: clock.now() + waitingTime });
    this.#expiry ??= clock.after(waitingTime, () => this.#expire());
  }

  /** Takes out all that waits, in order. */
  take(): readonly Event[] {
    this.#expiry?.();
    this.#expiry = undefined;
    const events = this.#events ?? [];
    this.#events = undefined;
    return events.map(({ event }) => event);
  }

  refuse(failure: Failure): void {
    for (const event of this.take()) this.#parts.refuse(event, failure);
  }

  #expire(): void {
    const { clock, refuse } = this.#parts;
    this.#expiry = undefined;
    const now = clock.now();
    const late = (this.#events ?? []).filter(({ until }) => until <= now);
    this.#events = this.#events?.slice(late.length);
    const next = this.#events?.[0];
    if (next) this.#expiry = clock.after(next.until - now, () => this.#expire());
    for (const { event } of late) refuse(event, new Failure('recipient-unavailable'));
  }
}
