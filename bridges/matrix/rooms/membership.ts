import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import type { RoomEvent } from '#bridges/matrix/wire/event.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';

/** A user and a room. `as`: the token may act for several, and it is done in the name of this one. */
export type RoomUser = { readonly user: string; readonly room: string; readonly as?: string };

/** Joins a room by its id. `via` are servers that know it. Rejects with `banned` or `members-only` where nobody is let in. */
export async function joinRoom(server: Homeserver, whose: RoomUser, via: readonly string[]): Promise<void> {
  const { room, as } = whose;
  // `server_name` is what it was called before v1.12.
  const query = { via, server_name: via };
  try {
    await server.call({ method: 'POST', path: ['v3', 'join', room], query, body: {}, as, repeatable: true });
  } catch (error) {
    if (!(error instanceof Failure) || error.foreign !== 'M_FORBIDDEN') throw error;
    const code = (await membershipOf(server, whose)) === 'ban' ? 'banned' : 'members-only';
    throw new Failure(code, { foreign: error.foreign, cause: error });
  }
}

/**
 * Milliseconds after which who was invited and is not let in tries again: another homeserver tells ours of an invitation before
 * it has it in its own room (element-hq/synapse#4345).
 */
export const EARLY = [1_000, 10_000];

/** Joins a room into which a user was invited. Rejects as `joinRoom` does. */
export async function joinInvited(
  { server, host }: { readonly server: Homeserver; readonly host: Pick<Host, 'clock' | 'signal'> },
  whose: RoomUser,
  via: readonly string[],
): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      return await joinRoom(server, whose, via);
    } catch (error) {
      const pause = error instanceof Failure && error.code === 'members-only' ? EARLY[tries] : undefined;
      if (pause === undefined || host.signal.aborted) throw error;
      await new Promise<void>((done) => {
        host.clock.after(pause, done);
        host.signal.addEventListener('abort', () => done(), { once: true });
      });
    }
}

/** What a user of ours is in a room, as far as they may know. Rejects where the homeserver is away. */
export async function membershipOf(server: Homeserver, { user, room, as }: RoomUser): Promise<unknown> {
  try {
    const path = ['v3', 'rooms', room, 'state', 'm.room.member', user];
    return (await server.call({ method: 'GET', path, as })).membership;
  } catch (error) {
    if (error instanceof Failure && !error.row.retry) return undefined;
    throw error;
  }
}

/** Leaves a room; whoever is in it no more has left it. */
export async function leaveRoom(server: Homeserver, as: string, id: string, reason?: string): Promise<void> {
  try {
    const body = reason === undefined || reason === '' ? {} : { reason };
    await server.call({ method: 'POST', path: ['v3', 'rooms', id, 'leave'], body, as, repeatable: true });
  } catch (error) {
    const out = error instanceof Failure && (error.foreign === 'M_FORBIDDEN' || error.foreign === 'M_NOT_FOUND');
    if (!out) throw error;
  }
}

/** What the homeserver will say of a user who has just come into a room, or gone. */
const membership = (user: string, room: string, is: 'join' | 'leave'): RoomEvent => ({
  ...{ id: '', room, sender: user, type: 'm.room.member', stateKey: user, at: 0 },
  content: { membership: is },
});
export const joinOf = (user: string, room: string): RoomEvent => membership(user, room, 'join');
export const leaveOf = (user: string, room: string): RoomEvent => membership(user, room, 'leave');
