import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isWritten, MARK } from '#bridges/matrix/messages/marks.ts';
import { type Json, textsOf } from '#bridges/matrix/wire/event.ts';
import { membershipOf, type RoomUser } from './membership.ts';

/** What the making of a room says. Rejects with a `Failure`. */
const creation = (server: Homeserver, room: string, as: string | undefined): Promise<Json> =>
  server.call({ method: 'GET', path: ['v3', 'rooms', room, 'state', 'm.room.create', ''], as });

/** Whether a gateway has made a room, for two. Rejects with a `Failure`. */
export const isMadeHere = async (server: Homeserver, room: string, as: string): Promise<boolean> =>
  isWritten(await creation(server, room, as));

/** The room that a user has made for an event though the answer was an error; nothing where there is none. Rejects with a `Failure`. */
export async function findMade(server: Homeserver, event: string, as: string): Promise<string | undefined> {
  const { joined_rooms: joined } = await server.call({ method: 'GET', path: ['v3', 'joined_rooms'], as });
  for (const room of textsOf(joined)) if ((await creation(server, room, as))[MARK] === event) return room;
  return undefined;
}

/**
 * Invites whom a room was made for where that could not be done with it: a homeserver has made the room all the same when
 * that of the other one is out of reach. Rejects with a `Failure` as long as it is.
 */
export async function inviteAgain(server: Homeserver, whom: RoomUser): Promise<void> {
  if ((await membershipOf(server, whom)) !== undefined) return;
  // Only as a state it may say that it is to talk alone.
  const path = ['v3', 'rooms', whom.room, 'state', 'm.room.member', whom.user];
  await server.call({ method: 'PUT', path, body: { membership: 'invite', is_direct: true }, as: whom.as });
}
