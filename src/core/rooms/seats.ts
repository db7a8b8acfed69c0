import type { XmppSide } from '#src/core/index.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { type AccountKey, accountKey, bareOf } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Rooms } from './rooms.ts';

/** Accounts that are asked at the same time: a server that has just come up has enough to do. */
const AT_A_TIME = 50;

type SeatParts = {
  readonly rooms: Pick<Rooms, 'seats' | 'lost'>;
  readonly sessions: Pick<Sessions, 'resume'>;
  readonly xmpp: Pick<XmppSide, 'alive'>;
  readonly transport: string;
};

type Seated = { readonly place: Place; readonly jid: string };

/**
 * Asks everybody in a room of the transport whether they are still there, and makes the sessions that the last run had:
 * of each account as soon as its own clients are known, for some answer no question. Resolves when all have been asked.
 */
export async function checkSeats({ rooms, sessions, xmpp, transport }: SeatParts): Promise<void> {
  async function check({ place, jid }: Seated): Promise<void> {
    if (place.kind === 'realm' || (await xmpp.alive(transport, place.id, jid))) return;
    await rooms.lost(place, { account: accountKey(bareOf(jid), transport), jid });
  }

  const seated = new Map<AccountKey, Seated[]>();
  for (const seat of rooms.seats(transport)) {
    const account = accountKey(bareOf(seat.jid), transport);
    seated.set(account, [...(seated.get(account) ?? []), seat]);
  }
  sessions.resume(transport, (account) => !seated.has(account));
  const left = seated.entries();
  async function askOneByOne(): Promise<void> {
    for (const [account, seats] of left) {
      await Promise.all(seats.map(check));
      sessions.resume(transport, (one) => one === account);
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, askOneByOne));
}
