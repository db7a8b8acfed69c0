import type { Origin } from '#src/core/index.ts';
import type { Intake } from '#src/core/journal/intake.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { type Item, memoryItem, type Shared } from '#src/core/journal/rows.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { chain } from '#src/lib/after.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { isRoom } from '#src/model/place.ts';
import type { Degraded } from './degrade.ts';
import { sameKey, translate } from './reference.ts';
import type { Leg } from './route.ts';

export type KeepContext = {
  readonly delivery: Pick<Delivery, 'put' | 'held'>;
  readonly intake: Pick<Intake, 'take' | 'recognises' | 'refuse'>;
  readonly sessions: Pick<Sessions, 'realms' | 'need' | 'require'>;
  now(): number;
  /** Whether such an event is kept until it has arrived. */
  journaled(draft: Draft): boolean;
  /** Whether a message may open a connection for the account. Never rejects. */
  opens(account: AccountKey): Promise<boolean>;
};

/** The stanza that a draft came from, if any, with what all events that become of it have in common. */
export type Sent = { readonly origin: Origin | undefined; readonly shared: Shared };

/**
 * Keeps the pieces of a draft until they have arrived, each with an id, in the lane of its place and account. What is not
 * durable may go at once. Throws a `Failure`, or rejects with it, where no session will take it.
 */
export function keep(
  context: KeepContext,
  draft: Draft,
  leg: Leg,
  sent: Sent,
  degraded: Degraded,
): void | Promise<void> {
  const { pieces, long } = degraded;
  if (pieces.length === 0) return;
  const go = (all: readonly Draft[]): void | Promise<void> => {
    const { origin } = sent;
    if (context.journaled(draft)) {
      // It may have been given up while the pieces were made.
      if (leg.to.identity === 'own') context.sessions.require(leg.to.key);
      return context.intake.take({ draft, pieces: all, to: leg.to, origin });
    }
    const items = itemsOf(context, all, leg, sent, degraded.ids);
    return putAll(context, items.length === 1 ? items.map((item) => heldBack(context, item, draft, degraded)) : items);
  };
  return chain(reached(context, draft, leg, pieces), () => chain(long ? long.settled(pieces) : pieces, go));
}

/** Each is handed over before the next. */
function putAll(context: KeepContext, [first, ...more]: readonly Item[]): void | Promise<void> {
  if (!first) return;
  const work = context.delivery.put(first);
  if (more.length === 0) return work;
  return chain(work, () => putAll(context, more));
}

function itemsOf(
  { now }: KeepContext,
  pieces: readonly Draft[],
  { to, lane }: Leg,
  { origin, shared }: Sent,
  ids: Degraded['ids'],
): readonly Item[] {
  const all = pieces.flatMap((piece) => translate(piece, ids));
  return all.map((piece, index) => {
    const event: Event = { ...piece, id: newEventId(), at: now(), live: true };
    const journey = origin && { origin, lead: index === 0, group: '', parts: all.length };
    return memoryItem(event, { lane, journey, shared, to });
  });
}

/** What the next of its kind may replace waits for that, as long as the table says. */
function heldBack({ now }: KeepContext, item: Item, draft: Draft, { window, previous }: Degraded): Item {
  return window === 0 ? item : { ...item, held: { key: sameKey(draft), until: now() + window, previous } };
}

/** Sees to a session: a message to a person may open one. */
function reached(
  { sessions, ...context }: KeepContext,
  draft: Draft,
  leg: Leg,
  pieces: readonly Draft[],
): void | Promise<void> {
  if (leg.to.session) return;
  const { key } = leg.to;
  const opening = !isRoom(draft.place) && (pieces.some(({ kind }) => kind === 'message') || context.journaled(draft));
  if (!opening || sessions.realms(key.account).includes(key.realm)) return sessions.require(key);
  return context.opens(key.account).then((opens) => {
    if (opens) sessions.need(key);
    sessions.require(key);
  });
}
