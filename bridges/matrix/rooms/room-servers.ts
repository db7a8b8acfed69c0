import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Json, listOf, objectOf, textOf, textsOf } from '#bridges/matrix/wire/event.ts';
import { isServerName, serverOf } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** Rooms of which it is remembered who knows them, and the most servers that are named for one. */
const REMEMBERED = 5_000;
const MOST = 5;

export type RoomServerParts = {
  readonly host: Pick<Host, 'state'>;
  /** Whose they are, where they are those of one account. */
  readonly account?: AccountKey;
};

const PREFIX = 'via ';

/**
 * Servers that know rooms of which the homeserver may know nothing: an id names none, or one that may have left since
 * (appendices §4.2.2). What an alias has said of a room whose id names none is kept: the alias is not asked for again.
 */
export function openRoomServers({ host, account }: RoomServerParts) {
  const known = openRecent<readonly string[]>(REMEMBERED);
  /** The servers of the aliases by which rooms were found. */
  const origins = openRecent<string>(REMEMBERED);
  const keyOf = (room: string) => ({ ...(account !== undefined && { account }), key: PREFIX + room });

  /** By which servers a room is entered, or looked at, as far as that was learnt since the start. */
  const of = (room: string): readonly string[] => {
    const named = [...(known.get(room) ?? []), serverOf(room)].filter(isServerName);
    return [...new Set(named)].slice(0, MOST);
  };

  const learn = (room: string, servers: readonly string[]): void => {
    if (servers.length > 0) known.set(room, [...servers, ...of(room)].slice(0, MOST));
  };

  async function keep(room: string, found: readonly string[], origin: string): Promise<void> {
    learn(room, found);
    origins.set(room, origin);
    if (serverOf(room) === '') await host.state.put(keyOf(room), JSON.stringify({ servers: found, origin }));
  }

  return {
    learn,

    /** By which servers a room is entered, or looked at. */
    async of(room: string): Promise<readonly string[]> {
      if (serverOf(room) !== '' || origins.get(room) !== undefined) return of(room);
      const kept = await host.state.get(keyOf(room));
      if (kept === undefined) return of(room);
      const { servers, origin } = objectOf(JSON.parse(kept));
      learn(room, textsOf(servers));
      origins.set(room, textOf(origin) ?? '');
      return of(room);
    },

    /** The server of the alias by which a room was found, once it is known by which it is entered. */
    origin: (room: string): string | undefined => origins.get(room),

    /** The room that an alias leads to. Rejects with `Failure('item-not-found')` where it leads to none. */
    async find(server: Homeserver, alias: string, signal?: AbortSignal): Promise<string> {
      const path = ['v3', 'directory', 'room', alias];
      const found = await server.call({ method: 'GET', path, ...(signal && { signal }) });
      const room = textOf(found.room_id);
      if (!room?.startsWith('!')) throw new Failure('item-not-found');
      await keep(room, textsOf(found.servers), serverOf(alias));
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
