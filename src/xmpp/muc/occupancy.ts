import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import { resourcePrep } from '#src/xmpp/stanza/jid.ts';
import { occupantOf, type RoomTarget, roomPlace } from '#src/xmpp/stanza/target.ts';
import type { Request } from '#src/xmpp/xep/extension.ts';

/** The room that a request is about, and the asker's nick in it. */
export type Asked = {
  readonly id: string;
  readonly target: RoomTarget;
  readonly place: Place;
  readonly nick: string | undefined;
};

export function askedRoom({ target, user, from, view }: Request): Asked | undefined {
  if (target.kind !== 'room') return undefined;
  const place = roomPlace(view, target, user);
  return { id: target.id, target, place, nick: view.nickOf(place, from) };
}

/**
 * Whether the occupant that was written to is the asker or somebody else. Throws a `Failure` with the code `outside`
 * for who is not in the room, with `item-not-found` where nobody has the nick.
 */
export function askedOccupant(request: Request, outside: FailureCode): 'self' | 'other' {
  const room = askedRoom(request);
  if (room?.nick === undefined) throw new Failure(outside);
  if (resourcePrep(room.nick) === request.resource) return 'self';
  const found = occupantOf(request.view, room, request.resource);
  if (!found) throw new Failure('item-not-found');
  return found.nick === room.nick ? 'self' : 'other';
}

/** A room with the asker in it. */
export type Inside = Asked & { readonly nick: string };

/** The room that a request is about. Throws a `Failure` for other addresses, and for who is not in the room. */
export function insideRoom(request: Request): Inside {
  const room = request.kind === 'room' ? askedRoom(request) : undefined;
  if (!room) throw new Failure('service-unavailable');
  const { nick } = room;
  // XEP-0045 §8, §9, §10: forbidden for those who may not.
  if (nick === undefined) throw new Failure('not-permitted');
  return { ...room, nick };
}
