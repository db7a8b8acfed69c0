// What was shown to some of a room only, because it came as something of the past: to the others it may be news yet.
import type { Marks, Recipient } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Archivable } from './archived.ts';

/** An event as it was shown, which of them it was, and the full JIDs that have it. */
type Shown = { readonly event: Archivable; readonly marks: Marks; readonly count: number; readonly to: Set<string> };

export type PartlyShown = ReturnType<typeof openPartlyShown>;

/** Events that are remembered, in all rooms. A network tells as news what is moments old. */
const REMEMBERED = 2000;

/** Remembers who was shown what, so that each client is shown it once. */
export function openPartlyShown() {
  const recent = openRecent<Shown>(REMEMBERED);
  let count = 0;
  return {
    /** How many there were: who comes now is shown those by the archive. */
    get count(): number {
      return count;
    },
    get isEmpty(): boolean {
      return recent.isEmpty;
    },
    get: (id: EventId): Shown | undefined => recent.get(id),
    note(event: Archivable, marks: Marks, to: readonly Recipient[]): void {
      count += 1;
      recent.set(event.id, { event, marks, count, to: new Set(to.map(({ jid }) => jid)) });
    },
    /** More clients have been shown it. */
    shown(id: EventId, to: readonly Recipient[]): void {
      for (const { jid } of to) recent.get(id)?.to.add(jid);
    },
  };
}
