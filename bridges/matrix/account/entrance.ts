import { addresses } from '#bridges/matrix/addresses.ts';
import { type Homeserver, until } from '#bridges/matrix/homeserver/homeserver.ts';
import { limited } from '#bridges/matrix/homeserver/limit.ts';
import { nickOf } from '#bridges/matrix/wire/room.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { OwnRoom, OwnRooms } from './rooms.ts';

type EntranceParts = {
  readonly host: Pick<Host, 'clock' | 'emit'>;
  readonly user: string;
  readonly server: Homeserver;
  readonly rooms: OwnRooms;
  /** Milliseconds that it may take. */
  readonly timeout: number;
  /** The id of a room by its id or alias. */
  idOf(name: string, by: Homeserver): Promise<string>;
};

/** Comes into rooms, and tells who is there. Rejects with a `Failure` where that is refused, or takes too long. */
export function openEntrance({ host, user, server, rooms, timeout, idOf }: EntranceParts) {
  /** By a homeserver that may be given up. */
  async function come(name: string, by: Homeserver): Promise<OwnRoom> {
    const id = await idOf(name, by);
    if (!rooms.isIn(id)) await rooms.come(id, await rooms.via(id), by);
    const own = await rooms.complete(id, by);
    // They may have been put out since.
    if (!rooms.isIn(id)) throw new Failure('not-permitted');
    return own;
  }

  return async ({ place }: EventOf<'occupant'>): Promise<void> => {
    if (place.kind === 'realm') throw new Failure('not-supported');
    const { name } = addresses.parse(place.id);
    const own = await limited(host.clock, timeout, (signal) => come(name, until(server, signal)));
    const from = { kind: 'network', id: user } as const;
    const list: Draft = { place, from, kind: 'occupants', list: rooms.occupants(own) };
    const { topic } = own.room;
    if (!topic) return void (await host.emit([list]));
    const by = nickOf(own.room, topic.by) ?? topic.by;
    await host.emit([list, { place, from, kind: 'topic', text: topic.text, by, setAt: topic.at }]);
  };
}
