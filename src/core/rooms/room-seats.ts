import { roomTexts } from '#mappings/texts/rooms.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { Recipient } from '#src/core/index.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { type Entrance, type Leaving, type Room, type RoomEffect, readersOf, type Seat } from './room-state.ts';

/** The nick under which a full JID sits in the room. */
export function nickOf(room: Room, account: AccountKey, jid: string): string | undefined {
  const member = room.members.get(account);
  return member?.seats.get(jid)?.in ? member.nick : undefined;
}

/** Whether the account would be without a seat if that one was given up. */
export function isLast(room: Room, account: AccountKey, jid: string): boolean {
  const seats = room.members.get(account)?.seats;
  return seats?.size === 1 && seats.has(jid);
}

/** A full JID in a room, and its seat there: it has another each time that it comes in. */
export type Seated = { readonly place: Place; readonly jid: string; readonly seat: unknown };

/** Clients of one account in one room: each is sent all that is said there (SECURITY rule 11). */
const MOST_SEATS = 50;

/** Refuses one more client of an account that has as many there as there may be; else nothing. */
export function tooManySeats(room: Room, { account, origin }: Entrance): RoomEffect[] | undefined {
  const { seats } = room.members.get(account) ?? {};
  if (!seats || seats.size < MOST_SEATS || seats.has(origin.from)) return undefined;
  return [{ kind: 'refuse', origin, failure: new Failure('not-allowed', { text: roomTexts.tooManySeats }) }];
}

/** A client that leaves is told how many others of its account stay. */
export function othersStay(room: Room, leaving: Leaving, languages: Pick<Languages, 'of'>): Leaving {
  const { account } = leaving;
  const others = roomTexts.othersStay((room.members.get(account)?.seats.size ?? 1) - 1);
  return { ...leaving, reason: wordsIn(others, languages.of(account)) };
}

/** What a session is called, and what it was asked to be called. */
type Called = { readonly nick?: string; readonly wanted?: string };

/** The nick that a first seat asks for, where no seat in other rooms has any part in the one that is in force. */
export function nickToAsk(room: Room, all: readonly Room[], account: AccountKey, called: Called): string | undefined {
  const member = room.members.get(account);
  if (!member || member.joined || called.wanted === undefined) return undefined;
  if (member.nick === called.nick || member.nick === called.wanted) return undefined;
  const isHeld = all.some((other) => other !== room && (other.members.get(account)?.seats.size ?? 0) > 0);
  return isHeld ? undefined : member.nick;
}

/** Those who have been shown nothing newer than what happened at `at`: from now on that is the last that they saw. */
export function lateReaders(room: Room, event: Pick<Event, 'at' | 'live' | 'seenBy' | 'asked'>): readonly Recipient[] {
  const { at, live, seenBy } = event;
  if (event.asked) return [];
  const own = seenBy === undefined ? undefined : room.members.get(seenBy)?.seats;
  return readersOf(room).filter(({ jid }) => {
    if (seenBy !== undefined && !own?.has(jid)) return false;
    const upTo = upToOf(room, jid);
    const seat = seatOf(room, jid);
    if (seat) seat.upTo = Math.max(upTo, at);
    return at > upTo || (live && at === upTo);
  });
}

/** When the newest happened that any reader was shown, in ms since 1970. */
export const shownUpTo = (room: Room): number => Math.max(0, ...readersOf(room).map(({ jid }) => upToOf(room, jid)));

const upToOf = (room: Room, jid: string): number =>
  Math.max(seatOf(room, jid)?.upTo ?? 0, room.last.to.some((one) => one.jid === jid) ? room.last.at : 0);

/** All who have been let into rooms of a transport, with where they sit. */
export function* seatsOn(rooms: Iterable<Room>, transport: string): Generator<Seated> {
  for (const { place, members } of rooms) {
    if (placeTransport(place) !== transport) continue;
    for (const { seats } of members.values())
      for (const seat of seats.values()) if (seat.in) yield { place, jid: seat.jid, seat };
  }
}

export function seatOf(room: Room, jid: string): Seat | undefined {
  for (const { seats } of room.members.values()) {
    const seat = seats.get(jid);
    if (seat) return seat;
  }
  return undefined;
}
