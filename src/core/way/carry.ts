import { deliveryOf } from '#mappings/delivery.ts';
import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Outcome } from '#src/bridge.ts';
import type { Ids, MessageTarget } from '#src/core/ids.ts';
import type { DeliveryAgent, Hearing } from '#src/core/journal/agent.ts';
import { eventOf, type OwedRow } from '#src/core/journal/rows.ts';
import type { Footing, Standings } from '#src/core/standing.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, MessageId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import { authorIn, targetOf, translate } from './reference.ts';

export type CarryContext = {
  readonly ids: Pick<Ids, 'resolve'>;
  readonly standings: Pick<Standings, 'of'>;
  /** How long an event is tried, in milliseconds. */
  expiry(domain: string): number;
  /** The wait before the next try, in milliseconds, between bounds. */
  wait(bounds: { min: number; max: number }, attempts: number): number;
  asFailure(error: unknown): Failure;
};

/** What is not durable goes while somebody takes it, and is not tried again. */
const ONCE = {
  confirms: 'taken',
  handedOver: true,
  charged: false,
  once: new Failure('recipient-unavailable'),
  expiry: Number.POSITIVE_INFINITY,
  tell: Number.POSITIVE_INFINITY,
  window: Number.POSITIVE_INFINITY,
  wait: () => 0,
} as const;

/** Towards networks: the events of users, over their sessions. The only caller of `bridge.deliver`. */
export function openCarry(context: CarryContext): DeliveryAgent {
  return {
    facts(row) {
      if (!row.kept) return ONCE;
      const { place } = eventOf(row);
      const { mapping, receipts } = standingOf(context, row).transport;
      const { told, window, retry, pause } = deliveryOf(mapping.facts);
      return {
        confirms: mapping.facts.confirms,
        handedOver: receipts === 'handed over',
        charged: row.charges !== null,
        expiry: context.expiry(placeTransport(place)),
        tell: told,
        window,
        wait: (attempts, { retryAfter = 0 }) => Math.max(context.wait(retry, attempts), Math.min(retryAfter, pause)),
      };
    },
    free(row) {
      const { session, transport } = standingOf(context, row);
      return session ? deliveryOf(transport.mapping.facts).window : 0;
    },
    ready(row) {
      const standing = standingOf(context, row);
      row.session = standing.isReturning ? undefined : standing.session;
      return row.session !== undefined;
    },
    holds: () => false,
    carry: (row, heard, more) =>
      more.length === 0 ? carry(context, row, heard) : carryTogether(context, [row, ...more], heard),
    joins(row) {
      const { bridge, mapping } = standingOf(context, row).transport;
      const single = eventOf(row).kind === 'message' && (row.piece?.parts ?? 1) === 1;
      return single && deliveryOf(mapping.facts).burst > 0 && bridge().deliverTogether !== undefined;
    },
    async reconcile(row) {
      if (row.known.size > 1) return 'unknown';
      return (await standingOf(context, row).transport.bridge().reconcile?.(eventOf(row))) ?? 'unknown';
    },
    withdraw(row) {
      const { withdraw } = standingOf(context, row).transport.bridge();
      return withdraw !== undefined && row.pending.size > 0 && [...row.pending].every((id) => withdraw(id));
    },
  };
}

/** How the account stands to where a row goes, by the identity by which it was sent. */
function standingOf(
  { standings }: CarryContext,
  { owed, account, to }: Pick<OwedRow, 'owed' | 'account'> & Partial<Pick<OwedRow, 'to'>>,
): Footing {
  if (to) return to;
  if (owed.way !== 'out') throw new Error('only what goes to a network has a standing there');
  return standings.of(account as AccountKey, owed.event.place, owed.identity);
}

/** Hands a row over to its network. Throws a `Failure`, or rejects with it, for what is refused at once. */
function carry(context: CarryContext, row: OwedRow, heard: Hearing): void | Promise<void> {
  const event = eventOf(row);
  if (!row.kept) return hand(context, row, event, heard);
  const target = targetOf(event);
  if (target === undefined) return hand(context, row, event, heard);
  // What is about one message here may be about several of the network.
  const named = (drafts: readonly object[]): Event[] =>
    drafts.map((one, index) => ({ ...one, id: index === 0 ? event.id : `${event.id}+${index}` }) as Event);
  const author = authorIn(event);
  const at = { place: event.place, target, ...(author !== undefined && { author }) };
  return chain(known(context, at), (found) => {
    const events = named(translate(event, found));
    for (const one of events) hand(context, row, one, heard);
    if (events.length === 0) later(() => void heard.settle(row.event, { ids: [], state: 'taken' }));
  });
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

/** The one place where a bridge is given an event. */
function hand(context: CarryContext, row: OwedRow, event: Event, { track, settle }: Hearing): void {
  if (row.kept) track(row, event.id);
  const { metrics, bridge } = standingOf(context, row).transport;
  metrics.accepted(event.kind);
  const delivered = bridge().deliver(event, row.session);
  if (!row.kept && !(delivered instanceof Promise)) return void settle(event.id, delivered);
  const heard = (outcome: Outcome): void => void settle(event.id, outcome);
  if (delivered instanceof Promise) delivered.then(heard, (error: unknown) => heard(context.asFailure(error)));
  else later(() => heard(delivered));
}

/** Messages that go as one: each keeps an outcome of its own. */
async function carryTogether(context: CarryContext, rows: readonly OwedRow[], heard: Hearing): Promise<void> {
  const events = rows.map(eventOf);
  const [row] = rows;
  const [event] = events;
  if (!row || !event) return;
  const { metrics, bridge } = standingOf(context, row).transport;
  for (const one of rows) heard.track(one, one.event);
  for (const { kind } of events) metrics.accepted(kind);
  const outcomes = await bridge().deliverTogether?.(events, row.session);
  for (const [index, { id }] of events.entries()) {
    const outcome = outcomes?.[index];
    void heard.settle(id, outcome ?? new Failure('internal', { text: texts.nothingSaid, certain: false }));
  }
}

/** A bridge that is done at once is heard after the hand that it was given. */
const later = (work: () => void): void => queueMicrotask(work);
