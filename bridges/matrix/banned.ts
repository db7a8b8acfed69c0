import { Failure } from '#src/model/failure.ts';
import type { Homeserver } from './homeserver.ts';

/** Whether a room shuts somebody out now, also where the homeserver has not told of it yet. `as`: in whose name it is asked. */
export async function isBanned(
  server: Pick<Homeserver, 'call'>,
  { room, user, as }: { readonly room: string; readonly user: string; readonly as?: string },
): Promise<boolean> {
  try {
    const path = ['v3', 'rooms', room, 'state', 'm.room.member', user];
    return (await server.call({ method: 'GET', path, as })).membership === 'ban';
  } catch (error) {
    // Nobody has ever said anything of them there.
    if (error instanceof Failure && error.code === 'item-not-found') return false;
    throw error;
  }
}
