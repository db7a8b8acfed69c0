import type { Outcome } from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import { authorOf, type Flight, type Ids, type Shared } from '#src/core/ids.ts';
import type { Marks, Origin, XmppSide } from '#src/core/index.ts';
import type { People } from '#src/core/people/people.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import { isRoom, placeKey, placeTransport } from '#src/model/place.ts';

export type SettleContext = {
  readonly accounts: Pick<Accounts, 'of'>;
  readonly ids: Pick<Ids, 'land' | 'link'>;
  readonly rooms: Pick<Rooms, 'reflect' | 'joined'>;
  readonly people: Pick<People, 'settled'>;
  readonly xmpp: Pick<XmppSide, 'refuse'>;
};

/** Answers what a bridge tells of an event: its ids are linked, rooms show it, or its sender has the error. */
export function settle(context: SettleContext, id: EventId, outcome: Outcome): void {
  // Written is not taken: the flight goes on until the network's server has it.
  if (!(outcome instanceof Failure) && outcome.state === 'written') return;
  const flight = context.ids.land(id);
  if (!flight) return;
  const { event, origin, shared } = flight;
  if (shared.landed) return shared.landed(outcome instanceof Failure ? outcome : undefined);
  if (event.kind === 'occupant' || event.kind === 'contact') return settleStanding(context, event, outcome);
  if (!origin) return;
  if (outcome instanceof Failure) refuse(context, flight, outcome);
  else arrived(context, flight, origin, outcome.ids);
}

/** Tells the sender of one failure, however many pieces fail. */
export function refuse(
  { xmpp }: Pick<SettleContext, 'xmpp'>,
  { origin, shared }: { readonly origin: Origin | undefined; readonly shared: Shared },
  failure: Failure,
): void {
  shared.landed?.(failure);
  if (origin && !shared.answered) xmpp.refuse(origin, failure);
  shared.answered = true;
}

/** The network has an event: its ids are linked, and rooms show it. */
export function arrived(
  { ids, rooms, accounts }: Pick<SettleContext, 'ids' | 'rooms' | 'accounts'>,
  flight: Flight,
  origin: Origin,
  foreign: readonly ForeignId[],
): void {
  const { event, lead } = flight;
  if (foreign.length > 0) link(ids, flight, origin, foreign);
  if (event.kind === 'message' && isRoom(event.place)) {
    rooms.reflect(event, accounts.of(event.from, placeTransport(event.place)), lead ? marksOf(origin) : {});
  }
}

/** The network's ids of a piece, with those by which XMPP knows it: the stanza's own, or ours where it is reflected. */
function link(
  ids: Pick<Ids, 'link'>,
  { event, lead, shared }: Flight,
  { id, originId }: Origin,
  foreign: readonly ForeignId[],
): void {
  const own = lead ? [id, originId as XmppId | undefined].filter((one) => one !== undefined) : [];
  const reflected = lead && id !== undefined ? [] : isRoom(event.place) ? [event.id as string as XmppId] : [];
  shared.linked ??= {
    event: event.id,
    place: placeKey(event.place),
    at: event.at,
    author: authorOf(event.from),
    xmpp: [],
    foreign: [],
  };
  ids.link(shared.linked, { xmpp: [...new Set([...own, ...reflected])], foreign });
}

/** What changes how somebody stands to a room or contact is answered there. */
function settleStanding(
  { people, rooms, accounts }: SettleContext,
  event: EventOf<'occupant'> | EventOf<'contact'>,
  outcome: Outcome,
): void {
  if (event.kind === 'contact') return people.settled(event, outcome);
  if (event.change !== 'join') return;
  const account = accounts.of(event.from, placeTransport(event.place));
  rooms.joined(event.place, account, outcome instanceof Failure ? outcome : undefined);
}

const marksOf = ({ id, originId }: Origin): Marks => ({
  ...(id !== undefined && { id: id as XmppId }),
  ...(originId !== undefined && { originId }),
});
