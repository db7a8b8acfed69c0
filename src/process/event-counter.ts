import type { Metrics } from '#src/lib/metrics/metrics.ts';
import type { EventKind } from '#src/model/event.ts';

/** Counts events by kind; a kind's counter is made when the first event of it comes. */
export function eventCounter(metrics: Metrics, transport: string, direction: 'in' | 'out'): (kind: EventKind) => void {
  const counters = new Map<EventKind, (by?: number) => void>();
  return (kind) => {
    const known = counters.get(kind) ?? metrics.counter('isthmus_events_total', { transport, direction, kind });
    counters.set(kind, known);
    known();
  };
}
