import type { Homeserver } from '#bridges/matrix/homeserver.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import { type Json, listOf, objectOf, textOf, textsOf } from './wire/event.ts';
import { isServerName, serverOf } from './wire/ids.ts';

/** Rooms of which it is remembered who knows them, and the most servers that are named for one. */
const REMEMBERED = 5_000;
const MOST = 5;

/** Servers that know rooms of which the homeserver may know nothing: an id names none, or one that may have left since (appendices §4.2.2). */
export function openRoomServers() {
  const known = openRecent<readonly string[]>(REMEMBERED);

  /** By which servers a room is entered, or looked at. */
  const of = (room: string): readonly string[] => {
    const named = [...(known.get(room) ?? []), serverOf(room)].filter(isServerName);
    return [...new Set(named)].slice(0, MOST);
  };

  const learn = (room: string, servers: readonly string[]): void => {
    if (servers.length > 0) known.set(room, [...servers, ...of(room)].slice(0, MOST));
  };

  return {
    of,
    learn,

    /** The room that an alias leads to. Rejects with `Failure('item-not-found')` where it leads to none. */
    async find(server: Homeserver, alias: string, signal?: AbortSignal): Promise<string> {
      const path = ['v3', 'directory', 'room', alias];
      const found = await server.call({ method: 'GET', path, ...(signal && { signal }) });
      const room = textOf(found.room_id);
      if (!room?.startsWith('!')) throw new Failure('item-not-found');
      learn(room, textsOf(found.servers));
      return room;
    },

    /** A room that follows another one is known to who has said so there. */
    moved({ room, sender }: { readonly room: string; readonly sender: string }, successor: string): void {
      learn(successor, [serverOf(sender), ...of(room)]);
    },

    /** What a space says of the rooms below it, as the hierarchy tells it (§11.34.2). */
    below(space: Json): void {
      for (const child of listOf(space.children_state).map(objectOf)) {
        const { via } = objectOf(child.content);
        learn(textOf(child.state_key) ?? '', textsOf(via));
      }
    },
  };
}
