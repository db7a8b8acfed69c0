import { deliveryOf } from '#mappings/delivery.ts';
import type { Origin } from '#src/core/index.ts';
import type { Intake } from '#src/core/journal/intake.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { type Held, memoryRow, type OwedRow, type Shared } from '#src/core/journal/rows.ts';
import type { PutUp } from '#src/core/media/inline-files.ts';
import { isArchivable } from '#src/core/rooms/archived.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { isRoom } from '#src/model/place.ts';
import type { Degraded } from './degrade.ts';
import { points, translate } from './reference.ts';
import { type BehindContext, showBehind } from './reflect.ts';
import type { Leg } from './route.ts';

export type KeepContext = BehindContext & {
  readonly delivery: Pick<Delivery, 'put' | 'held' | 'behind'>;
  readonly intake: Pick<Intake, 'take' | 'recognises' | 'refuse'>;
  readonly sessions: Pick<Sessions, 'realms' | 'need' | 'require'>;
  now(): number;
  /** Whether such an event is kept until it has arrived. */
  journaled(draft: Draft): boolean;
  /** Whether a message may open a connection for the account. Never rejects. */
  opens(account: AccountKey): Promise<boolean>;
  /** Accounts of which that is being asked. */
  readonly opening: Map<AccountKey, Promise<boolean>>;
};

/** The stanza that a draft came from, if any, with what all events that become of it have in common. */
export type Sent = {
  readonly origin: Origin | undefined;
  readonly shared: Shared;
  /** Puts up what it leads to, which is there before anything tells of it. */
  readonly put?: PutUp['put'];
};

/** What is sent; somebody may wait until it has `ended`. A room shows it once its network has the first of it. */
export function sentFrom(draft: Draft, origin: Origin | undefined, ended?: Shared['ended']): Sent {
  const shared: Shared = { answered: false };
  if (isRoom(draft.place) && isArchivable(draft)) shared.said = draft;
  if (ended) shared.ended = ended;
  return { origin, shared };
}

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
  if (pieces.length === 0 && !sent.shared.said) return;
  const reaching = reached(context, draft, leg, pieces);
  // Most goes at once: nothing is made for waiting.
  if (!reaching && !long && !sent.put) return take(context, draft, leg, sent, degraded);
  return chain(reaching, () =>
    chain(sent.put?.(), () =>
      chain(long ? long.settled(pieces) : pieces, (all) =>
        take(context, draft, leg, sent, { ...degraded, pieces: all }),
      ),
    ),
  );
}

function take(context: KeepContext, draft: Draft, leg: Leg, sent: Sent, degraded: Degraded): void | Promise<void> {
  const { pieces } = degraded;
  if (pieces.length === 0) return showBehind(context, leg, sent.shared, sent.origin);
  // Whoever waits for it hears of it, and is told where it fails.
  if (!context.journaled(draft) || sent.shared.ended)
    return putAll(context, rowsOf(context, draft, leg, sent, degraded));
  // It may have been given up while the pieces were made.
  if (leg.to.identity === 'own') context.sessions.require(leg.to.key);
  const { to } = leg;
  const { origin } = sent;
  const held = heldFor(draft, degraded, pieces.length);
  return chain(held ? 0 : burstFor(draft, leg, pieces.length), (window) =>
    context.intake.take({
      ...{ draft, pieces, to, origin },
      held: held ?? (window > 0 ? { draft, window, previous: undefined } : undefined),
    }),
  );
}

/** Each is handed over before the next. */
function putAll(context: KeepContext, rows: readonly OwedRow[]): void | Promise<void> {
  const first = rows[0];
  if (!first) return;
  const work = context.delivery.put(first);
  return rows.length === 1 ? work : chain(work, () => putAll(context, rows.slice(1)));
}

function rowsOf(
  { now }: KeepContext,
  draft: Draft,
  { lane, to }: Leg,
  { origin, shared }: Sent,
  degraded: Degraded,
): readonly OwedRow[] {
  const { pieces, ids } = degraded;
  const all = pieces.some(points) ? pieces.flatMap((piece) => translate(piece, ids)) : pieces;
  const at = now();
  const held = heldFor(draft, degraded, all.length);
  return all.map((one, index) => {
    const event: Event = { ...one, id: newEventId(), at, live: true };
    // What its network has whole, a room is shown as it is.
    if (one === shared.said) shared.said = event;
    const piece = origin && { origin, lead: index === 0, group: '', parts: all.length };
    return memoryRow(event, lane, to, { shared, piece, held });
  });
}

/** A change that the next one may make void waits for that, as long as the table says. */
const heldFor = (draft: Draft, { window, previous }: Degraded, count: number): Held | undefined =>
  count === 1 && points(draft) && draft.kind !== 'message' ? { draft, window, previous } : undefined;

/** How long a message waits for those that may go as one with it, in ms: as the table says, or its user. */
function burstFor({ kind, place }: Draft, { to: { transport, key } }: Leg, count: number): number | Promise<number> {
  const { burst } = deliveryOf(transport.mapping.facts);
  if (count !== 1 || kind !== 'message' || burst === 0) return 0;
  const bridge = transport.bridge();
  return bridge.deliverTogether ? (bridge.burst?.(key.account, place) ?? burst) : 0;
}

/** Sees to a session: a message to a person may open one. */
function reached(context: KeepContext, draft: Draft, leg: Leg, pieces: readonly Draft[]): void | Promise<void> {
  if (leg.to.session) return;
  const { key } = leg.to;
  const { sessions } = context;
  const opening = !isRoom(draft.place) && (pieces.some(({ kind }) => kind === 'message') || context.journaled(draft));
  const asked = context.opening.get(key.account);
  // What follows somebody who is being asked about stays behind, though the session may be there by now.
  if (!opening || (!asked && sessions.realms(key.account).includes(key.realm))) return sessions.require(key);
  return (asked ?? ask(context, key.account)).then((opens) => {
    if (opens) sessions.need(key);
    sessions.require(key);
  });
}

function ask({ opens, opening }: KeepContext, account: AccountKey): Promise<boolean> {
  const work = opens(account);
  opening.set(account, work);
  void work.then(() => opening.delete(account));
  return work;
}
