import type { Ids, Shared } from '#src/core/ids.ts';
import type { Origin } from '#src/core/index.ts';
import type { Intake } from '#src/core/journal/intake.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { chain } from '#src/lib/after.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { isRoom } from '#src/model/place.ts';
import type { Degraded } from './degrade.ts';
import { translate } from './reference.ts';
import type { Leg } from './route.ts';

export type KeepContext = {
  readonly ids: Pick<Ids, 'depart'>;
  readonly intake: Pick<Intake, 'take'>;
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
 * Gives the pieces of a draft their ids, and keeps them until they have arrived. What is durable goes on from the store;
 * the rest is returned, to be carried now. Throws a `Failure`, or rejects with it, where no session will take it.
 */
export function keep(
  context: KeepContext,
  draft: Draft,
  leg: Leg,
  sent: Sent,
  { pieces, long, ids }: Degraded,
): readonly Event[] | Promise<readonly Event[]> {
  const go = (all: readonly Draft[]): readonly Event[] => {
    const { origin } = sent;
    if (!context.journaled(draft)) return all.flatMap((piece) => translate(piece, ids)).map(departing(context, sent));
    if (all.length > 0) context.intake.take({ draft, pieces: all, account: leg.key.account, origin });
    return [];
  };
  if (pieces.length === 0) return [];
  return chain(reached(context, draft, leg, pieces), () => chain(long ? long.settled(pieces) : pieces, go));
}

/** Sees to a session: a message to a person may open one. */
function reached(
  { sessions, ...context }: KeepContext,
  draft: Draft,
  { key, transport }: Leg,
  pieces: readonly Draft[],
): void | Promise<void> {
  if (transport.mapping.facts.delivery?.sessionless === true) return;
  const opening = !isRoom(draft.place) && (pieces.some(({ kind }) => kind === 'message') || context.journaled(draft));
  if (!opening || sessions.realms(key.account).includes(key.realm)) return sessions.require(key);
  return context.opens(key.account).then((opens) => {
    if (opens) sessions.need(key);
    sessions.require(key);
  });
}

const departing =
  ({ ids, now }: KeepContext, sent: Sent) =>
  (piece: Draft, index: number): Event => {
    const event: Event = { ...piece, id: newEventId(), at: now(), live: true };
    ids.depart({ event, ...sent, lead: index === 0 });
    return event;
  };
