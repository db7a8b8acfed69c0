import type { XmppSide } from '#src/core/index.ts';
import { accountKey, bareOf } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Rooms } from './rooms.ts';

/** Full JIDs that are asked at the same time: a server that has just come up has enough to do. */
const AT_A_TIME = 50;

type SeatParts = {
  readonly rooms: Pick<Rooms, 'seats' | 'lost'>;
  readonly xmpp: Pick<XmppSide, 'alive'>;
  readonly transport: string;
};

/** Asks everybody in a room of the transport whether they are still there. Resolves when all have been asked. */
export async function checkSeats({ rooms, xmpp, transport }: SeatParts): Promise<void> {
  async function check({ place, jid }: { place: Place; jid: string }): Promise<void> {
    if (place.kind === 'realm' || (await xmpp.alive(transport, place.id, jid))) return;
    await rooms.lost(place, { account: accountKey(bareOf(jid), transport), jid });
  }

  const seats = [...rooms.seats(transport)];
  for (let done = 0; done < seats.length; done += AT_A_TIME) {
    await Promise.all(seats.slice(done, done + AT_A_TIME).map(check));
  }
}
