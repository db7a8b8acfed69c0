import { asSent } from '#mappings/degrade.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import { authorOf, type Ids } from '#src/core/ids.ts';
import type { Marks, Origin, XmppSide } from '#src/core/index.ts';
import { eventOf, type Item, type Shared } from '#src/core/journal/rows.ts';
import type { People } from '#src/core/people/people.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { ForeignId, XmppId } from '#src/model/ids.ts';
import { isRoom, placeKey, placeTransport } from '#src/model/place.ts';

export type RefuseContext = { readonly xmpp: Pick<XmppSide, 'refuse'> };

export type SettleContext = RefuseContext & {
  transport(domain: string): Transport;
  readonly accounts: Pick<Accounts, 'of'>;
  readonly ids: Pick<Ids, 'link'>;
  readonly rooms: Pick<Rooms, 'reflect' | 'joined'>;
  readonly people: Pick<People, 'settled'>;
  /** What the pieces of the stanza have in common that an item came from. */
  sharedOf(item: Item): Shared;
};

/**
 * Answers what has become of a row: its ids are linked and rooms show it, or its sender has the error. What is durable
 * has its error from the journal.
 */
export function settle(context: SettleContext, item: Item, failure?: Failure): void {
  const event = eventOf(item);
  const shared = context.sharedOf(item);
  if (shared.landed) return shared.landed(failure);
  if (event.kind === 'occupant' || event.kind === 'contact') return settleStanding(context, event, item, failure);
  const { journey } = item;
  if (!journey) return;
  const { origin, lead } = journey;
  if (failure) return refuse(context, { origin, shared }, failure);
  if (item.ids.length > 0) link(context.ids, event, { origin, lead, shared }, item.ids);
  if (event.kind === 'message' && isRoom(event.place))
    context.rooms.reflect(
      asSent(event, context.transport(placeTransport(event.place)).mapping.facts),
      context.accounts.of(event.from, placeTransport(event.place)),
      lead ? marksOf(origin) : {},
    );
}

/** Tells the sender of one failure, however many pieces fail. */
export function refuse(
  { xmpp }: RefuseContext,
  { origin, shared }: { readonly origin: Origin | undefined; readonly shared: Shared },
  failure: Failure,
): void {
  shared.landed?.(failure);
  if (origin && !shared.answered) xmpp.refuse(origin, failure);
  shared.answered = true;
}

type Piece = { readonly origin: Origin; readonly lead: boolean; readonly shared: Shared };

/** The network's ids of a piece, with those by which XMPP knows it: the stanza's own, or ours where it is reflected. */
function link(
  ids: Pick<Ids, 'link'>,
  event: Event,
  { origin: { id, originId }, lead, shared }: Piece,
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
  { ids }: Item,
  failure: Failure | undefined,
): void {
  if (event.kind === 'contact') return people.settled(event, failure ?? { ids, state: 'taken' });
  if (event.change !== 'join') return;
  rooms.joined(event.place, accounts.of(event.from, placeTransport(event.place)), failure);
}

const marksOf = ({ id, originId }: Origin): Marks => ({
  ...(id !== undefined && { id: id as XmppId }),
  ...(originId !== undefined && { originId }),
});
