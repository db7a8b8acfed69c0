import type { Origin } from '#src/core/index.ts';
import type { Transport } from '#src/core/transport.ts';
import { degrade } from '#src/core/way/degrade.ts';
import { NOTHING } from '#src/core/way/resolve.ts';
import { type RouteContext, route } from '#src/core/way/route.ts';
import type { Settling } from '#src/core/way/settle.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { Statement, Store } from '#src/store/index.ts';
import type { Intake } from './intake.ts';
import type { Delivery } from './lane.ts';
import { journaledId, laneOf, type OwedRow, stanzaKey } from './rows.ts';
import type { Rows } from './shelf.ts';

export type Amending = Draft<EventOf<'edit'> | EventOf<'retract'>>;

export type AmendParts = RouteContext & {
  readonly store: Pick<Store, 'journal'>;
  readonly delivery: Pick<Delivery, 'wake'>;
  readonly settling: Pick<Settling, 'apply' | 'ofLane'>;
  readonly rows: Pick<Rows, 'write' | 'epoch'>;
  readonly intake: Pick<Intake, 'taken'>;
  transport(domain: string): Transport;
  now(): number;
};

type Message = EventOf<'message'>;

/** No lane of anything that goes anywhere. */
const amendedLane = (place: Place): string => `amended ${placeKey(place)}`;

const messageOf = ({ owed }: OwedRow): Message | undefined =>
  owed.way === 'out' && owed.event.kind === 'message' ? owed.event : undefined;

/** Whether the row is the message that its sender calls so, or a piece of it. */
const isCalled = ({ piece }: OwedRow, target: string): boolean =>
  piece !== undefined && [piece.origin.id, piece.origin.originId].includes(target as never);

/**
 * Changes what still waits for its network: a correction replaces the text, a retraction ends it, and nobody there ever
 * hears of either. Its key is kept: a repeat of it is done, too, whatever has left by then. False for what has left, in part
 * too, or cannot be changed in silence: then it goes its usual way.
 */
export function openAmend({ store, delivery, settling, rows, intake, ...parts }: AmendParts) {
  const cost = (event: Event): number =>
    parts
      .transport(placeTransport(event.place))
      .charges(event)
      .reduce((sum, one) => sum + one.amount, 0);

  /** A text that would have to be put up somewhere is not changed in silence. */
  const carriedOf = (draft: Draft, account: AccountKey): readonly Draft[] =>
    degrade({ media: undefined }, draft, route(parts, draft, account), NOTHING).pieces;

  /** Whether the row is here and nowhere else: it was not handed over, or its bridge gives it back. */
  function isHere({ life, busy, doubt, pending, kept, event }: OwedRow, { place }: Message): boolean {
    if (doubt) return false;
    if (life.state === 'ready') return !busy;
    const { withdraw } = parts.transport(placeTransport(place)).bridge();
    const ids = kept ? [...pending] : [event];
    return withdraw !== undefined && ids.length > 0 && ids.every((id) => withdraw(id));
  }

  /** The message with its new text, where that still is one message and costs no more than was reserved. */
  function corrected(before: Message, text: string, account: AccountKey): Message | undefined {
    const { id, at, live, ...draft } = before;
    const [piece, ...more] = carriedOf({ ...draft, text }, account);
    if (piece?.kind !== 'message' || more.length > 0) return undefined;
    const event: Message = { ...piece, id, at, live };
    return cost(event) <= cost(before) ? event : undefined;
  }

  /** Keeps the key of what has changed the row, where it has one. */
  function note({ account, kept }: OwedRow, { place }: Draft, key: string | null): readonly Statement[] {
    if (key === null || !kept) return [];
    const { journal } = store;
    const event = journaledId(`j-${newEventId()}`, 0);
    const at = parts.now();
    return [journal.noteAmendment({ id: journal.nextId(), event, lane: amendedLane(place), account, key, at })];
  }

  /** Whether the stanza has changed before what it is about. */
  async function isRepeat({ place }: Draft, key: string | null): Promise<boolean> {
    if (key === null || (await store.journal.byKey(key))?.lane !== amendedLane(place)) return false;
    parts.transport(placeTransport(place)).metrics.repeated();
    return true;
  }

  function replace(row: OwedRow, event: Message, done: readonly Statement[]): void {
    if (row.owed.way === 'out') row.owed = { ...row.owed, event };
    const body = JSON.stringify(row.owed);
    const changed = parts.now();
    const trace = `${changed} corrected by its sender\n`;
    const statement = () => store.journal.amend({ id: row.id, epoch: rows.epoch, changed, body, trace });
    if (row.kept) write(row, () => [statement(), ...done]);
    delivery.wake((one) => one === row);
  }

  /** Ends what is still here of a message in pieces, the last first; false where some of it has left. */
  function end(pieces: readonly OwedRow[]): boolean {
    const here = [...pieces].reverse().filter((row) => {
      const message = messageOf(row);
      return message && isHere(row, message);
    });
    for (const row of here) settling.apply(row, { on: 'withdrawn', over: true });
    return here.length === pieces[0]?.piece?.parts;
  }

  const write = (row: OwedRow, statements: () => readonly Statement[]): void =>
    rows.write(row, statements, () => undefined);

  return async (draft: Amending, origin: Origin, lane: string): Promise<boolean> => {
    const key = stanzaKey(draft, origin);
    if (await isRepeat(draft, key)) return true;
    await intake.taken(laneOf('out', draft.place));
    const called = [...new Set(settling.ofLane(lane))].filter((one) => isCalled(one, draft.target));
    const [row] = called;
    const before = row && messageOf(row);
    if (!row || !before) return false;
    if (row.piece?.parts !== 1) return draft.kind === 'retract' && end(called);
    const event = draft.kind === 'retract' ? undefined : corrected(before, draft.text, row.account as AccountKey);
    // What went at once and is not kept has no place to which it could come back.
    if ((draft.kind === 'edit' && (!event || !row.lane.rows.includes(row))) || !isHere(row, before)) return false;
    settling.apply(row, { on: 'withdrawn', over: !event });
    const done = note(row, draft, key);
    if (event) replace(row, event, done);
    else if (done.length > 0) write(row, () => done);
    return true;
  };
}
