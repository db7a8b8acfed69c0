import type { Outcome, Session } from '#src/bridge.ts';
import type { Ids, MessageTarget } from '#src/core/ids.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { eventOf, type Item } from '#src/core/journal/rows.ts';
import type { Transport } from '#src/core/transport.ts';
import { chain } from '#src/lib/after.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { MessageId } from '#src/model/ids.ts';
import { authorIn, targetOf, translate } from './reference.ts';

export type CarryContext = {
  readonly ids: Pick<Ids, 'resolve'>;
  readonly delivery: Pick<Delivery, 'track' | 'settle'>;
  readonly transport: Transport;
  readonly session: Session | undefined;
  /** What is no failure is a bug: it is logged. */
  asFailure(error: unknown): Failure;
};

/** Hands a row over to its network. Throws a `Failure`, or rejects with it, for what is refused at once. */
export function carry(context: CarryContext, item: Item): void | Promise<void> {
  const event = eventOf(item);
  if (!item.kept) return hand(context, item, event);
  const target = targetOf(event);
  if (target === undefined) return handAll(context, item, [event]);
  // What is about one message here may be about several of the network.
  const named = (drafts: readonly object[]): Event[] =>
    drafts.map((one, index) => ({ ...one, id: index === 0 ? event.id : `${event.id}+${index}` }) as Event);
  const author = authorIn(event);
  const at = { place: event.place, target, ...(author !== undefined && { author }) };
  return chain(known(context, at), (found) => handAll(context, item, named(translate(event, found))));
}

type Found = readonly MessageId[] | undefined;

/** What is durable is looked up when it goes: what it is about may have waited itself until then. */
function known({ ids }: CarryContext, at: MessageTarget): Found | Promise<Found> {
  const unknown = (error: unknown): undefined => {
    if (!(error instanceof Failure) || error.code !== 'item-not-found') throw error;
  };
  try {
    const found = ids.resolve(at, 'foreign');
    return found instanceof Promise ? found.then((late) => late.ids, unknown) : found.ids;
  } catch (error) {
    return unknown(error);
  }
}

function handAll(context: CarryContext, item: Item, events: readonly Event[]): void {
  for (const event of events) hand(context, item, event);
  if (events.length === 0) later(() => void context.delivery.settle(item.row.event, { ids: [], state: 'taken' }));
}

/** The one place where a bridge is given an event. */
function hand({ delivery, transport, session, asFailure }: CarryContext, item: Item, event: Event): void {
  if (item.kept) delivery.track(item, event.id);
  transport.metrics.accepted(event.kind);
  const settle = (outcome: Outcome): void => void delivery.settle(event.id, outcome);
  const delivered = transport.bridge().deliver(event, session);
  if (delivered instanceof Promise) delivered.then(settle, (error: unknown) => settle(asFailure(error)));
  else if (item.kept) later(() => settle(delivered));
  else settle(delivered);
}

/** A bridge that is done at once is heard after the hand that it was given. */
const later = (work: () => void): void => queueMicrotask(work);
