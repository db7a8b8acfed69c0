import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Marks, Origin } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { eventOf, type OwedRow, type Shared } from '#src/core/journal/rows.ts';
import { isArchivable } from '#src/core/rooms/archived.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, newEventId, type XmppId } from '#src/model/ids.ts';
import { isRoom, type Place } from '#src/model/place.ts';
import type { Leg } from './route.ts';
import type { Settling } from './settle.ts';

export type ReflectContext = {
  readonly rooms: Pick<Rooms, 'reflect'>;
  readonly display: Pick<Display, 'owe'>;
  /** Whether such an event is kept until XMPP has it. */
  durable(at: { readonly place: Place; readonly kind: Event['kind'] }): boolean;
};

export type BehindContext = {
  readonly delivery: Pick<Delivery, 'behind'>;
  readonly settling: Pick<Settling, 'behind'>;
  readonly rooms: Pick<Rooms, 'reflect'>;
  now(): number;
};

/** Shows a room what was said there, whole and once. */
export function reflect(context: ReflectContext, row: OwedRow, shared: Shared): void {
  const event = eventOf(row);
  const { id, at, place } = event;
  shared.taken = (shared.taken ?? 0) + 1;
  if (!isRoom(place) || shared.taken > 1) return;
  const { piece } = row;
  const said = shared.said ?? piece?.said ?? (piece?.lead ? event : undefined);
  if (!said || !isArchivable(said)) return;
  // A room shows it to its own, who are owed what is durable.
  if (row.kept && context.durable(said)) context.display.owe(id);
  const whole = said === event && isArchivable(event) ? event : { ...said, id, at, live: true };
  context.rooms.reflect(whole, row.account as AccountKey, marksOf(piece?.origin));
}

/** Of what has no piece for its network the room is told behind all that was sent before. */
export function showBehind(
  { delivery, settling, rooms, now }: BehindContext,
  { lane, to }: Leg,
  { said, ended }: Shared,
  origin: Origin | undefined,
): void {
  const go = (): void =>
    settling.behind(
      ({ laneKey }) => laneKey === lane,
      () => {
        const event = said && { ...said, id: newEventId(), at: now(), live: true };
        if (event && isArchivable(event)) rooms.reflect(event, to.key.account, marksOf(origin));
        ended?.(undefined);
      },
    );
  if (!delivery.behind(lane, go)) go();
}

/** A failure with how much of a text has arrived. */
export function soFar(failure: Failure, { taken = 0 }: Shared, parts: number): Failure {
  if (taken === 0 || parts === 1) return failure;
  const { code, words, certain, foreign } = failure;
  const text = texts.partly(taken, parts, words);
  return new Failure(code, { text, certain, ...(foreign !== undefined && { foreign }) });
}

/** What everybody in a room sees of the stanza that something came from. */
function marksOf({ id, originId }: Partial<Origin> = {}): Marks {
  const marks: { -readonly [K in keyof Marks]: Marks[K] } = {};
  if (id !== undefined) marks.id = id as XmppId;
  if (originId !== undefined) marks.originId = originId;
  return marks;
}
