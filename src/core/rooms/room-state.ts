import type { Marks, Origin, Recipient } from '#src/core/index.ts';
import type { EventBody, EventOf, HistoryWish, OccupantChange } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { isAs, type OwnShow, ownOccupant, ownOccupants, stillPresent } from './room-events.ts';

/** One full JID of an account in a room. `in` once it has seen its self-presence. */
export type Seat = {
  readonly jid: string;
  readonly wanted: string;
  readonly origin: Origin;
  readonly history: HistoryWish;
  readonly shown?: OwnShow | undefined;
  in: boolean;
  /** When that happened which it was shown last of what came late or was said before it came, in ms since 1970. */
  upTo: number;
};

/**
 * An account of ours in a room: one occupant for the network, however many seats. It stays without any while it is
 * `kept`, over a restart, or for as long as it lingers.
 */
type Member = {
  nick: string;
  joined: boolean;
  /** The network has listed it, or let it in: what is said from then on is for it. */
  present: boolean;
  kept: boolean;
  password: Sealed | undefined;
  readonly seats: Map<string, Seat>;
};

type Topic = { readonly text: string; readonly by?: string; readonly setAt?: number };
/** A room with at least one account of ours in it. Owned by its lane and changed in place: rosters can be large. */
export type Room = {
  readonly place: Place;
  readonly roster: Map<string, Occupant>;
  readonly members: Map<AccountKey, Member>;
  topic: Topic;
  /** The readers of the room, made anew after a change of seats or nicks. */
  readers: readonly Recipient[] | undefined;
  /** When the last thing was said that readers were shown live, and who they were. */
  last: { at: number; to: readonly Recipient[] };
};

/** What a step wants done, in order. */
export type RoomEffect =
  | { readonly kind: 'tell'; readonly body: EventBody; readonly to: readonly Recipient[]; readonly marks?: Marks }
  /** Shows what was said before. Everything behind it waits, and so does everything that comes into the room. */
  | { readonly kind: 'history'; readonly account: AccountKey; readonly to: Recipient; readonly wish: HistoryWish }
  /** Its network is told how an account fares. */
  | { readonly kind: 'fares'; readonly account: AccountKey; readonly shown: OwnShow }
  /** The account is in the room from now on, or no longer. */
  | { readonly kind: 'entered' | 'left'; readonly account: AccountKey }
  | { readonly kind: 'join'; readonly account: AccountKey; readonly nick: string }
  | { readonly kind: 'part'; readonly account: AccountKey; readonly reason: string | undefined }
  | { readonly kind: 'refuse'; readonly origin: Origin; readonly failure: Failure };

export const newRoom = (place: Place): Room => ({
  place,
  roster: new Map(),
  members: new Map(),
  topic: { text: '' },
  readers: undefined,
  last: { at: 0, to: [] },
});

/** Everybody who reads the room, with their own nick in it. */
export function readersOf(room: Room): readonly Recipient[] {
  room.readers ??= [...room.members.values()].flatMap((member) =>
    [...member.seats.values()].filter((seat) => seat.in).map(({ jid }) => ({ jid, nick: member.nick })),
  );
  return room.readers;
}

/** Those who have been shown nothing newer than what happened at `at`: from now on that is the last that they saw. */
export function lateReaders(room: Room, at: number): readonly Recipient[] {
  const { last } = room;
  return readersOf(room).filter(({ jid }) => {
    const seat = seatOf(room, jid);
    const upTo = Math.max(seat?.upTo ?? 0, last.to.some((one) => one.jid === jid) ? last.at : 0);
    if (seat) seat.upTo = Math.max(upTo, at);
    return at > upTo;
  });
}

export function seatOf(room: Room, jid: string): Seat | undefined {
  for (const { seats } of room.members.values()) {
    const seat = seats.get(jid);
    if (seat) return seat;
  }
  return undefined;
}

export type Entrance = {
  readonly account: AccountKey;
  readonly nick: string;
  readonly origin: Origin;
  readonly password?: Sealed | undefined;
  readonly history?: HistoryWish | undefined;
  readonly shown?: OwnShow | undefined;
};

/** A full JID wants in. The first of its account joins on the network, later ones are shown the room as it is. */
export function enter(room: Room, { account, nick, origin, password, history = {}, shown }: Entrance): RoomEffect[] {
  const seat: Seat = { jid: origin.from, wanted: nick, origin, history, shown, in: false, upTo: 0 };
  const member = room.members.get(account);
  if (!member) {
    const seats = new Map([[seat.jid, seat]]);
    room.members.set(account, { nick, joined: false, present: false, kept: false, password, seats });
    return [{ kind: 'join', account, nick }];
  }
  member.kept = false;
  if (password) member.password = password;
  member.seats.set(seat.jid, seat);
  return member.joined ? welcome(room, account, seat) : [];
}

/** The network let an account in: everybody of it who waits is shown the room. */
export function joined(room: Room, account: AccountKey): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  member.nick = ownOccupant(room.roster, account)?.nick ?? member.nick;
  const fresh = arrived(room, account);
  member.joined = true;
  room.readers = undefined;
  const waiting = [...member.seats.values()].filter((seat) => !seat.in);
  return [...waiting.flatMap((seat) => welcome(room, account, seat)), ...fresh];
}

/** The network did not let an account in: whoever waits is refused, whoever sat there already (a rejoin) is put out. */
export function refused(room: Room, account: AccountKey, failure: Failure): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  const effects = [...member.seats.values()].flatMap((seat): RoomEffect[] =>
    seat.in ? [] : [{ kind: 'refuse', origin: seat.origin, failure }],
  );
  // XEP-0045 §15.6.2: 333 is a removal because of a technical problem.
  const farewell = eject(room, account, [333], failure.message);
  return [...effects, ...farewell];
}

/** What becomes of an account without a seat. It lingers only where the network has let it in. */
export type Remains = 'parts' | 'lingers' | 'stays';

export type Leaving = { readonly account: AccountKey; readonly jid: string; readonly reason?: string | undefined };

/** A full JID goes, by itself or because its server says that it is gone. `remains` is for the last of its account. */
export function leave(room: Room, { account, jid, reason }: Leaving, remains: Remains = 'parts'): RoomEffect[] {
  const member = room.members.get(account);
  const seat = member?.seats.get(jid);
  if (!member || !seat) return [];
  const effects: RoomEffect[] = seat.in ? [farewellTo(room, account, member, [seat], { reason })] : [];
  member.seats.delete(jid);
  room.readers = undefined;
  if (member.seats.size > 0) return effects;
  member.kept = remains === 'stays';
  const stays = remains === 'stays' || (remains === 'lingers' && member.joined);
  return stays ? effects : [...effects, ...part(room, account, reason)];
}

/** An account that has no seat any more leaves the network's room, too. */
export function part(room: Room, account: AccountKey, reason?: string): RoomEffect[] {
  const member = room.members.get(account);
  if (!member || member.seats.size > 0) return [];
  room.members.delete(account);
  room.readers = undefined;
  return [...gone(account, member), { kind: 'part', account, reason }];
}

/** Puts an account out of the room with XEP-0045 status codes; the network is not told. */
export function eject(room: Room, account: AccountKey, statuses: readonly number[], reason?: string): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  const seats = [...member.seats.values()].filter((seat) => seat.in);
  room.members.delete(account);
  room.readers = undefined;
  const farewell = seats.length > 0 ? [farewellTo(room, account, member, seats, { reason, statuses })] : [];
  return [...farewell, ...gone(account, member)];
}

/** The network's list of who is here: told as the difference to what was known. */
export function snapshot(room: Room, list: readonly Occupant[]): RoomEffect[] {
  const ours = ownOccupants(room.roster);
  const renames = list.flatMap((now) => ownRename(room, now, ours));
  const seen = new Set(list.map(({ id }) => id));
  const gone = [...room.roster.values()].filter(({ id }) => !seen.has(id));
  // Who is missing from a list has not said that it leaves: one of ours may be on its way back.
  const effects = gone.flatMap(({ account: _, ...who }) => change(room, { kind: 'occupant', change: 'leave', who }));
  const news = list
    .filter((who) => !isAs(room.roster.get(who.id), who))
    .flatMap((who) => change(room, { kind: 'occupant', change: room.roster.has(who.id) ? 'role' : 'join', who }));
  const arrivals = list.flatMap(({ account }) => (account === undefined ? [] : arrived(room, account)));
  return [...arrivals, ...renames, ...effects, ...news];
}

function arrived(room: Room, account: AccountKey): RoomEffect[] {
  const member = room.members.get(account);
  if (!member || member.present) return [];
  member.present = true;
  return [{ kind: 'entered', account }];
}

/** Our own account came back under another nick: its readers must see a rename, not a stranger. */
function ownRename(room: Room, now: Occupant, ours: ReadonlyMap<AccountKey, Occupant>): RoomEffect[] {
  const before = now.account && ours.get(now.account);
  if (!before || before.id === now.id) return [];
  return change(room, { kind: 'occupant', change: 'rename', who: before, newId: now.id, nick: now.nick });
}

/** Somebody came, went or changed. Whoever was here all the time, for its readers, has not come. */
export function change(room: Room, body: OccupantChange): RoomEffect[] {
  const before = room.roster.get(body.who.id);
  const who = stillPresent(before, body.who);
  switch (body.change) {
    case 'join':
    case 'role':
      room.roster.set(who.id, who);
      return body.change === 'join' && isAs(before, who) ? [] : tell(room, { ...body, who });
    case 'rename':
      return rename(room, body);
    default:
      return depart(room, body);
  }
}

function rename(room: Room, body: OccupantChange): RoomEffect[] {
  const before = room.roster.get(body.who.id) ?? body.who;
  const nick = body.nick ?? before.nick;
  // The readers are taken with their nicks of before: that is how a reader knows its own rename.
  const effects = tell(room, { ...body, who: before });
  room.roster.delete(before.id);
  const id = body.newId ?? before.id;
  room.roster.set(id, { ...before, id, nick });
  const member = before.account && room.members.get(before.account);
  if (member) member.nick = nick;
  room.readers = undefined;
  return effects;
}

function depart(room: Room, body: OccupantChange): RoomEffect[] {
  const known = room.roster.get(body.who.id);
  if (!known) return [];
  room.roster.delete(known.id);
  const effects = tell(room, { ...body, who: known });
  const forced = body.change === 'kick' || body.change === 'ban';
  const member = known.account && room.members.get(known.account);
  if (!member || !known.account) return effects;
  // Left by itself, on the network and not from here; whoever enters again at this moment is not meant.
  const left = body.change === 'leave' && body.who.account === known.account && member.joined;
  if (!forced && !left) return effects;
  // The readers were told with status 110, so nothing more is said to them.
  room.members.delete(known.account);
  room.readers = undefined;
  return [...effects, ...gone(known.account, member)];
}

/** An account that was there is out again. */
const gone = (account: AccountKey, { present }: Member): RoomEffect[] => (present ? [{ kind: 'left', account }] : []);

/** A new subject. */
export function topic(room: Room, body: EventOf<'topic'>): RoomEffect[] {
  const { text, by, setAt } = body;
  // Every join of one of ours brings the subject along: what is known already is no news.
  if (room.topic.text === text && room.topic.by === by) return [];
  const topic = { text, ...(by !== undefined && { by }) };
  room.topic = { ...topic, setAt: setAt ?? body.at };
  return tell(room, { kind: 'topic', ...topic });
}

const topicOf = ({ topic: known }: Room): EventBody => ({ kind: 'topic', ...known });

function tell(room: Room, body: EventBody): RoomEffect[] {
  const to = readersOf(room);
  return to.length > 0 ? [{ kind: 'tell', body, to }] : [];
}

// XEP-0045 §7.1: others' presence, then one's own (with 110), then history, then the subject.
function welcome(room: Room, account: AccountKey, seat: Seat): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  seat.in = true;
  room.readers = undefined;
  const to = [{ jid: seat.jid, nick: member.nick }];
  const list = [...room.roster.values()];
  const own = list.find(({ nick }) => nick === member.nick);
  const self: Occupant = own ?? { id: member.nick, nick: member.nick, affiliation: 'none', role: 'participant' };
  // XEP-0045 §7.2.3: 100 says that others may see who one is; 210 that the nick was changed.
  const statuses = member.nick === seat.wanted ? [100] : [100, 210];
  return [
    { kind: 'tell', body: { kind: 'occupants', list: list.filter(({ nick }) => nick !== member.nick) }, to },
    { kind: 'tell', body: { kind: 'occupant', change: 'join', who: self }, to, marks: { statuses } },
    { kind: 'history', account, to: { jid: seat.jid, nick: member.nick }, wish: seat.history },
    { kind: 'tell', body: topicOf(room), to },
    ...(seat.shown?.show === undefined ? [] : [{ kind: 'fares', account, shown: seat.shown } as const]),
  ];
}

type Farewell = { readonly reason?: string | undefined; readonly statuses?: readonly number[] };

function farewellTo(
  room: Room,
  account: AccountKey,
  member: Member,
  seats: readonly Seat[],
  { reason, statuses }: Farewell,
): RoomEffect {
  const own = ownOccupant(room.roster, account);
  const who: Occupant = own ?? { id: member.nick, nick: member.nick, affiliation: 'none', role: 'none' };
  return {
    kind: 'tell',
    body: { kind: 'occupant', change: 'leave', who, ...(reason !== undefined && { reason }) },
    to: seats.map(({ jid }) => ({ jid, nick: member.nick })),
    ...(statuses && { marks: { statuses } }),
  };
}
