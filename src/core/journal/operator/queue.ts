import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { errorRow } from '#src/core/journal/receipts.ts';
import { type FreshRow, failedPiece, newRow, type Owed, type OwedRow, type Piece } from '#src/core/journal/rows.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { JournalState, QueuedRow, Statement, Store } from '#src/store/index.ts';
import { entryOf, type Queue, type QueueEntry, type QueueFilter, type QueueTrace, traceOf } from './queue-entry.ts';

export type QueueParts = {
  readonly store: Store;
  readonly clock: Clock;
  /** How long an answer is tried towards XMPP, in ms. */
  readonly expiry: number;
  /** The epoch under which rows are written. */
  owner(): Promise<number>;
  /** Gives back what a row had reserved. */
  release(charges: string | null): readonly Statement[];
  /** What the process has in hand, and when what was written of it is durable; absent where no gateway runs. */
  readonly running?: {
    readonly delivery: Pick<Delivery, 'drop' | 'push' | 'wake'>;
    written(row: OwedRow): Promise<void>;
    readonly log: Log;
    /** Hears of each row that was dropped or is tried at once. */
    report(what: 'dropped' | 'retried', transport: string): void;
  };
};

/** Rows that are read at a time. */
const PAGE = 500;

const WHY_NOT: Readonly<Record<Exclude<JournalState, 'ready'>, string>> = {
  flight: 'is being sent now',
  taken: 'was taken by its network already',
  parked: 'was given up: its sender has the error, and what it said is gone',
  done: 'has ended',
};

const pieceOf = ({ origin }: QueuedRow): Piece => JSON.parse(origin ?? 'null') as Piece;

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

/** The queue over a store, of a gateway that runs or of none. Everything rejects with `item-not-found` for no row. */
export function openQueue(parts: QueueParts): Queue {
  const { store, clock, running } = parts;

  /**
   * What the operator has changed in a gateway that runs is told to its log at the level `info`, as `event: "queue drop"`
   * or `"queue retry"`, with the row, and nothing of what it says or whose it is.
   */
  function note(action: 'drop' | 'retry', row: QueuedRow): void {
    const { id, transport, direction, state } = entryOf(row, { now: 0, wall: 0, full: false });
    const by = 'the operator, at the control socket';
    const what = { event: `queue ${action}`, by, row: id, kind: kindOf(row), transport, direction, state };
    running?.log.info(what, DONE[action]);
    running?.report(action === 'drop' ? 'dropped' : 'retried', transport);
  }

  async function rowOf(id: number): Promise<QueuedRow> {
    const row = await store.queue.get(id);
    if (!row) throw new Failure('item-not-found', { text: `There is no row ${id} in the journal.` });
    return row;
  }

  async function list({ transport, state, max, full = false }: QueueFilter): Promise<QueueEntry[]> {
    const [found, now] = [[] as QueueEntry[], await store.journal.time()];
    const fits = (entry: QueueEntry): boolean =>
      (transport === undefined || entry.transport === transport) &&
      (state === undefined ? entry.state !== 'taken' : entry.state === state);
    for (let after = 0; found.length < max; ) {
      const rows = await store.queue.page(after, PAGE);
      found.push(...rows.map((row) => entryOf(row, { now, wall: clock.now(), full })).filter(fits));
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) break;
      after = last.id;
    }
    return found.slice(0, max);
  }

  async function show(id: number, { body = false, full = false }): Promise<QueueTrace> {
    const row = await rowOf(id);
    const entry = entryOf(row, { now: await store.journal.time(), wall: clock.now(), full });
    return { entry, trace: traceOf(row.trace), ...(body && row.body !== '' && { body: row.body }) };
  }

  async function retry(id: number): Promise<string> {
    const row = await rowOf(id);
    const { state, event } = row;
    if (state !== 'ready') throw new Failure('not-allowed', { text: `Row ${id} ${WHY_NOT[state]}.` });
    await store.unit([store.queue.hurry(id)]);
    running?.delivery.wake(({ lane }) => lane.rows.some((one) => one.event === event));
    note('retry', row);
    return running ? `Row ${id} is tried as soon as its side is there.` : `Row ${id} is tried at the next start.`;
  }

  async function drop(id: number): Promise<string> {
    const row = await rowOf(id);
    if (row.state === 'done') throw new Failure('not-allowed', { text: `Row ${id} ${WHY_NOT.done}.` });
    if (row.state === 'parked') {
      await store.unit([store.queue.seen(id)]);
      note('drop', row);
      return `Row ${id} was given up before, and its sender knows. It is no longer listed.`;
    }
    const failure = new Failure('not-allowed', { text: texts.dropped });
    const held = running?.delivery.drop((one) => one.id === id, { on: 'dropped', as: 'bounced', failure }) ?? [];
    await Promise.all(held.map((one) => running?.written(one)));
    if (held.length === 0) await end(row, failure);
    note('drop', row);
    return `Row ${id} is dropped${row.origin === null ? '' : ', and its sender is told'}.`;
  }

  /** A row that nobody has in hand. */
  async function end(row: QueuedRow, failure: Failure): Promise<void> {
    const epoch = await parts.owner();
    const answer = await answerTo(row, failure);
    // What was handed over may have arrived: what it cost is not given back.
    const unspent = row.state === 'ready' && !row.doubted;
    const change = { id: row.id, epoch, changed: clock.now() };
    await store.unit([
      store.queue.own(row.id, epoch),
      store.journal.end({
        ...{ ...change, outcome: 'bounced', note: `bounced: ${failure.code}`, doubted: !unspent },
        ...(answer && { origin: failedPiece(pieceOf(row), failure) }),
      }),
      ...(answer ? [store.journal.addOnce(answer, epoch)] : []),
      ...(unspent ? parts.release(row.charges) : []),
    ]);
    if (answer) running?.delivery.push(answer);
  }

  async function answerTo(row: QueuedRow, failure: Failure): Promise<FreshRow | undefined> {
    const owed = JSON.parse(row.body) as Owed;
    if (owed.way !== 'out' || row.origin === null) return undefined;
    const now = await store.journal.time();
    const make = (event: EventId, place: Place, own: Owed, key: string): FreshRow => ({
      ...newRow(parts, { now, expiry: parts.expiry }, { way: 'in', event, place, owed: own }),
      key,
    });
    return errorRow(make, owed.event, pieceOf(row), failure);
  }

  return { list, show, retry, drop, states: () => store.journal.states() };
}
