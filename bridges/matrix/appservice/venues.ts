import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { lentFile } from '#bridges/matrix/media/media.ts';
import type { Threads } from '#bridges/matrix/messages/threads.ts';
import type { MatrixFile } from '#bridges/matrix/wire/files.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import type { ReadingView } from '#bridges/matrix/wire/message-in.ts';
import { nickOf } from '#bridges/matrix/wire/room.ts';
import type { Host } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import type { Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Direct, Directs } from './directs.ts';
import type { GatewayRoom, GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';
import type { Policies } from './policies.ts';

export type VenueParts = {
  readonly host: Pick<Host, 'media'>;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
  readonly directs: Directs;
  readonly threads: Threads;
  readonly policies: Pick<Policies, 'user'>;
  readonly config: Pick<MatrixConfig, 'encrypted_files'>;
  /** What somebody is called outside of rooms. */
  nameIn(user: string): string;
};

/** Where an event is told, and as what it is read. */
export type Venue = {
  readonly place: Place;
  readonly view: ReadingView;
  readonly gateway?: GatewayRoom;
  readonly direct?: Direct;
};

/** Where the events of a room are told, and whose are. */
export function openVenues(parts: VenueParts) {
  const { host, ghosts, rooms, directs, threads, policies, config, nameIn } = parts;
  const link = (file: MatrixFile): FileRef | undefined =>
    lentFile(host.media, file, { encrypted: config.encrypted_files });

  function venueOf(room: string): Venue | undefined {
    const gateway = rooms.get(room);
    if (gateway) {
      const view: ReadingView = {
        nickOf: (user) => nickOf(gateway.room, user),
        link,
        threadOf: (root) => threads.nameOf(room, root),
      };
      return { place: rooms.placeOf(room), view, gateway };
    }
    const direct = directs.in(room);
    if (!direct) return undefined;
    const view: ReadingView = { nickOf: nameIn, link, threadOf: (root) => threads.nameOf(room, root) };
    return { place: { kind: 'contact', account: direct.account, id: localOf(direct.user) }, view, direct };
  }

  /** Somebody who is in a room where a ghost talks with another one alone. */
  const isThird = (user: string, { direct }: Venue): boolean => direct !== undefined && direct.user !== user;

  const partyOf = (user: string, venue: Venue): Party => {
    const name = isThird(user, venue) ? undefined : venue.view.nickOf(user);
    return { kind: 'network', id: user, ...(name !== undefined && { name }) };
  };

  /** Whether what somebody does is told here: what ghosts do has come from here, or another bridge has told it. */
  const isHeard = (user: string): boolean => !ghosts.isOurs(user) && !ghosts.isOfOthers(user) && !policies.user(user);

  return { venueOf, partyOf, isHeard, isThird };
}

export type Venues = ReturnType<typeof openVenues>;
