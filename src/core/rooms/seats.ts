import type { XmppSide } from '#src/core/index.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { type AccountKey, accountKey, bareOf, domainOf } from '#src/model/ids.ts';
import type { Seated } from './room-seats.ts';
import type { Rooms } from './rooms.ts';

/** Accounts that are asked at the same time: a server that has just come up has enough to do. */
const AT_A_TIME = 50;

type SeatParts = {
  readonly rooms: Pick<Rooms, 'seats' | 'lost'>;
  readonly sessions: Pick<Sessions, 'resume'>;
  readonly xmpp: Pick<XmppSide, 'alive'>;
  readonly transport: string;
};

async function check(
  { rooms, xmpp }: Pick<SeatParts, 'rooms' | 'xmpp'>,
  transport: string,
  { place, jid, seat }: Seated,
): Promise<void> {
  if (place.kind === 'realm' || (await xmpp.alive(transport, place.id, jid))) return;
  await rooms.lost(place, { account: accountKey(bareOf(jid), transport), jid }, seat);
}

/** Several at a time. */
async function each<T>(all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const left = all[Symbol.iterator]();
  const oneByOne = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, oneByOne));
}

/**
 * Asks everybody in a room of the transport whether they are still there, and makes the sessions that the last run had:
 * of each account as soon as its own clients are known, for some answer no question. Resolves when all have been asked.
 */
export async function checkSeats({ rooms, sessions, xmpp, transport }: SeatParts): Promise<void> {
  const seated = new Map<AccountKey, Seated[]>();
  for (const seat of rooms.seats(transport)) {
    const account = accountKey(bareOf(seat.jid), transport);
    seated.set(account, [...(seated.get(account) ?? []), seat]);
  }
  sessions.resume(transport, (account) => !seated.has(account));
  await each(seated, async ([account, seats]) => {
    await Promise.all(seats.map((seat) => check({ rooms, xmpp }, transport, seat)));
    sessions.resume(transport, (one) => one === account);
  });
}

/** Asks those whose server, at that domain, cannot be reached: who does not answer leaves the room as somebody lost does. */
export async function checkServer(
  parts: Pick<SeatParts, 'rooms' | 'xmpp' | 'transport'>,
  domain: string,
): Promise<void> {
  const seats = [...parts.rooms.seats(parts.transport)].filter(({ jid }) => domainOf(jid) === domain);
  await each(seats, (seat) => check(parts, parts.transport, seat));
}
