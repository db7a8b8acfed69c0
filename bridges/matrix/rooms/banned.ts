import { listOf, readEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { type RoomNowParts, stateNow } from './room-now.ts';

/** Whether a room shuts somebody out now, also where the homeserver has not told of it yet. `as`: in whose name it is asked. */
export async function isBanned(
  server: RoomNowParts['server'],
  { room, user, as }: { readonly room: string; readonly user: string; readonly as?: string },
): Promise<boolean> {
  const member = await stateNow({ server, as }, room, 'm.room.member', user);
  return member?.membership === 'ban';
}

/** The bytes of those who are shut out of a very large room. */
const MOST_BANNED = 32 * 1024 * 1024;

/** Whom a room shuts out now, with the names they had there, also where the homeserver has not told of it yet. */
export async function bannedIn(
  server: RoomNowParts['server'],
  { room, as }: { readonly room: string; readonly as?: string },
): Promise<readonly { readonly user: string; readonly name: string | undefined }[]> {
  const path = ['v3', 'rooms', room, 'members'];
  const query = { membership: 'ban' };
  const { chunk } = await server.call({ method: 'GET', path, query, as, maxBytes: MOST_BANNED });
  const events = listOf(chunk).flatMap((one) => readEvent(one, room) ?? []);
  return events.flatMap(({ stateKey: user = '', content, before }) =>
    content.membership === 'ban' && user.startsWith('@')
      ? [{ user, name: textOf(content.displayname ?? before?.displayname) }]
      : [],
  );
}
