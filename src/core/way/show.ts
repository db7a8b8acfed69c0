import { authorOf, type Ids, type Linked, writerOf } from '#src/core/ids.ts';
import type { Marks } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import type { People } from '#src/core/people/people.ts';
import type { Flicker } from '#src/core/rooms/presence-folding.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Context } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { newEventId, splitAccount, type XmppId } from '#src/model/ids.ts';
import { isRoom, placeKey } from '#src/model/place.ts';
import type { RecentTexts } from './recent-texts.ts';
import { points } from './reference.ts';

export type ShowContext = {
  readonly ids: Pick<Ids, 'link' | 'linkUnwritten'>;
  readonly lanes: Lanes;
  readonly display: Pick<Display, 'owe' | 'show'>;
  readonly people: Pick<People, 'heard' | 'isAway' | 'listing'>;
  readonly rooms: Pick<Rooms, 'apply'>;
  /** The way into rooms of what changes who is there, and how. */
  readonly flicker: Pick<Flicker, 'apply'>;
  readonly texts: Pick<RecentTexts, 'note'>;
  now(): number;
};

/** Shows the pieces of a network's draft to whoever is to see them; what is `durable` is owed to XMPP from now on. */
export function show(
  context: ShowContext,
  draft: Draft,
  pieces: readonly Draft[],
  { durable, referable, about }: { readonly durable: boolean; readonly referable: boolean; readonly about: Context },
): void {
  const { ids, texts, display, now } = context;
  const at = now();
  // Nothing happened in times to come.
  const events = pieces.map(
    (piece): Event => ({
      ...piece,
      id: newEventId(),
      at: piece.at === undefined ? at : Math.min(piece.at, at),
      live: piece.live ?? true,
    }),
  );
  const first = events[0];
  if (!first) return;
  const more = draft.ids !== undefined && draft.ids.length > 0 ? idsOf(draft, events) : undefined;
  const write = more && durable ? ids.linkUnwritten(linkedAs(draft, first), more) : undefined;
  if (more && !write) ids.link(linkedAs(draft, first), more);
  // What is about a message names it as XMPP does.
  if (referable) texts.note(draft.kind === 'message' ? draft : first, [first.id], nameOf(draft));
  for (const event of events) {
    if (durable) display.owe(event.id);
    tell(context, event, points(event) ? marksOf(about) : undefined);
  }
  // Behind the rows: whoever has heard that it is known is owed it.
  if (write) context.lanes.run(placeKey(draft.place), write);
}

/** In the order of its place. */
function tell({ lanes, rooms, flicker, people, display }: ShowContext, event: Event, marks: Marks | undefined): void {
  const { place } = event;
  if (isRoom(place)) return event.kind === 'message' ? rooms.apply(event, marks) : flicker.apply(event, marks);
  if (event.kind === 'presence' || event.kind === 'contact' || event.kind === 'profile')
    return lanes.run(placeKey(place), () => people.heard(event));
  if (place.kind === 'shared') return;
  // What a network says of itself is for who reads it now.
  if (place.kind === 'realm' && event.hints?.store === false && people.isAway(place.account)) return;
  // RFC 6121 §8.5.2: the server chooses the resource of a message to a bare JID.
  const to = [{ jid: splitAccount(place.account).user }];
  lanes.run(placeKey(place), () => void display.show(event, to, marks));
}

/** What readers know of the message that it is about. */
const marksOf = ({ quote, author }: Context): Marks | undefined =>
  quote === undefined ? undefined : { about: { quote, ...(author !== undefined && { author }) } };

const linkedAs = (draft: Draft, { id, at }: Event): Linked => ({
  event: id,
  place: placeKey(draft.place),
  at,
  author: authorOf(writerOf(draft)),
  xmpp: [],
  foreign: [],
});

const idsOf = ({ ids }: Draft, events: readonly Event[]): Parameters<Ids['link']>[1] => ({
  xmpp: events.map(({ id }) => id as string as XmppId),
  ...(ids && { foreign: ids }),
});

const nameOf = ({ from }: Draft): string | undefined => (from.kind === 'network' ? (from.name ?? from.id) : undefined);
