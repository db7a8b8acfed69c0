import type { Owed } from '#src/core/journal/rows.ts';
import type { Log } from '#src/lib/log.ts';
import type { QueuedRow, Store } from '#src/store/index.ts';
import { entryOf, type Queue } from './queue-entry.ts';

export type AuditParts = {
  readonly store: Pick<Store, 'queue'>;
  readonly log: Log;
  /** Hears of each row that was dropped or is tried at once. */
  report(what: 'dropped' | 'retried', transport: string): void;
};

/**
 * The queue of a gateway that runs, where whatever its operator has changed is told to the log at the level `info`, as
 * `event: "queue drop"` or `"queue retry"`, with the row, and nothing of what it says or whose it is.
 */
export function audited(queue: Queue, { store, log, report }: AuditParts): Queue {
  const noted =
    (action: 'drop' | 'retry') =>
    async (id: number): Promise<string> => {
      // Before, because what it says goes with its end.
      const row = await store.queue.get(id);
      const answer = await queue[action](id);
      if (!row) return answer;
      const { transport, direction, state } = entryOf(row, { now: 0, wall: 0, full: false });
      const by = 'the operator, at the control socket';
      log.info({ event: `queue ${action}`, by, row: id, kind: kindOf(row), transport, direction, state }, DONE[action]);
      report(action === 'drop' ? 'dropped' : 'retried', transport);
      return answer;
    };
  return { ...queue, drop: noted('drop'), retry: noted('retry') };
}

const DONE = {
  drop: 'a row was taken out of the queue',
  retry: 'a row of the queue does not wait any more',
} as const;

/** What it carries: the kind of an event, or an answer. Unknown of one that was given up, which says nothing any more. */
function kindOf({ body }: QueuedRow): string | undefined {
  if (body === '') return undefined;
  const owed = JSON.parse(body) as Owed;
  return 'event' in owed ? owed.event.kind : owed.way;
}
