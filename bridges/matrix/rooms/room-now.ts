import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { applyState, type MatrixRoom } from '#bridges/matrix/wire/room.ts';
import { Failure } from '#src/model/failure.ts';

export type RoomNowParts = {
  readonly server: Pick<Homeserver, 'call'>;
  /** In whose name it is asked. */
  readonly as?: string | undefined;
};

/**
 * A room as it is now as to some types of its state: what was just set from here may not have been told yet, and what is set
 * whole, such as levels, would take that back.
 */
export async function roomNow(parts: RoomNowParts, room: MatrixRoom, types: readonly string[]): Promise<MatrixRoom> {
  const now = { ...room };
  const contents = await Promise.all(types.map((type) => stateNow(parts, room.id, type)));
  for (const [index, content] of contents.entries()) {
    const event = { id: '', room: room.id, sender: '', type: types[index] ?? '', stateKey: '', at: 0 };
    if (content) applyState(now, { ...event, content });
  }
  return now;
}

/** The content of a state of a room now, if there is any (client-server API, `GET /rooms/{roomId}/state/{eventType}/{stateKey}`). */
export async function stateNow(
  { server, as }: RoomNowParts,
  room: string,
  type: string,
  key = '',
): Promise<Json | undefined> {
  try {
    return await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'state', type, key], as });
  } catch (error) {
    if (error instanceof Failure && error.code === 'item-not-found') return undefined;
    throw error;
  }
}
