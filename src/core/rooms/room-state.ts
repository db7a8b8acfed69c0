import type { Marks, Origin, Recipient, RoomInfo } from '#src/core/index.ts';
import { membershipIn } from '#src/core/standing.ts';
import type { EventBody, HistoryWish, OccupantChange } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Text } from '#src/model/language.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { isHidden, revealAll } from './large-rooms.ts';
import { isAs, leaving, type OwnShow, ownOccupant, refusals, stillPresent } from './room-events.ts';

/** One full JID of an account in a room. `in` once it has seen its self-presence. */
export type Seat = {
  readonly jid: string;
  readonly wanted: string;
  readonly origin: Origin;
  readonly history: HistoryWish;
  readonly shown?: OwnShow | undefined;
  /** The address by which it came, where that is another name of the room. */
  readonly address?: string | undefined;
  in: boolean;
  /** When that happened which it was shown last of what came late or was said before it came, in ms since 1970. */
  upTo: number;
  /** Up to which of what was shown in part it had come (`PartlyShown`). */
  partly: number;
};

/**
 * An account of ours in a room: one occupant for the network, however many seats. It stays without any while it is
 * `kept`, over a restart, or for as long as it lingers.
 */
type Member = {
  nick: string;
  joined: boolean;
  /**
   * The network has listed it, or let it in: what is said from then on is for it. A seat that is in without that was restored:
   * nobody is told anything of it until it is known whether it comes back.
   */
  present: boolean;
  kept: boolean;
  moderates?: boolean;
  password: Sealed | undefined;
  /** What was said while it had no seat. */
  unread: number;
  readonly seats: Map<string, Seat>;
};

type Topic = { readonly text: string; readonly by?: string; readonly setAt?: number };
/** A room with at least one account of ours in it. Owned by its lane and changed in place: rosters can be large. */
export type Room = {
  readonly place: Place;
  readonly roster: Map<string, Occupant>;
  /** Of whom in the roster clients are not shown anything, and how many they are shown. */
  readonly hidden: Set<string>;
  readonly most: number;
  readonly members: Map<AccountKey, Member>;
  /** Those whose clients sat there before a restart, and of whom it is not known yet whether they come back. */
  readonly awaited: Set<AccountKey>;
  topic: Topic;
  /** What it is called and how it looks, as far as its network has told. */
  look: Pick<RoomInfo, 'name' | 'avatar'>;
  /** The readers of the room, made anew after a change of seats or nicks. */
  readers: readonly Recipient[] | undefined;
  /** When the last thing was said that readers were shown live, and who they were. */
  last: { at: number; to: readonly Recipient[] };
};

type Parting = { readonly reason: string | undefined; readonly forGood?: true };

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
  | ({ readonly kind: 'part'; readonly account: AccountKey } & Parting)
  /** The user of an account that has no client there is told of the room. */
  | { readonly kind: 'invite'; readonly account: AccountKey; readonly why: Text }
  | { readonly kind: 'refuse'; readonly origin: Origin; readonly failure: Failure };

export const newRoom = (place: Place, most = Number.POSITIVE_INFINITY): Room => ({
  place,
  most,
  roster: new Map(),
  hidden: new Set(),
  members: new Map(),
  awaited: new Set(),
  topic: { text: '' },
  look: {},
  readers: undefined,
  last: { at: 0, to: [] },
});

/** Everybody who reads the room, with their own nick in it. */
export function readersOf(room: Room): readonly Recipient[] {
  room.readers ??= [...room.members.values()].flatMap(seatsOf);
  return room.readers;
}

const seatsOf = ({ seats, nick, moderates }: Member): Recipient[] =>
  [...seats.values()].filter((seat) => seat.in).map((seat) => readerAt(seat, nick, moderates));

const readerAt = ({ jid, address }: Seat, nick: string, moderates = false): Recipient => ({
  ...(moderates ? { jid, nick, moderates } : { jid, nick }),
  ...(address !== undefined && { at: address }),
});

export type Entrance = {
  readonly account: AccountKey;
  readonly nick: string;
  readonly origin: Origin;
  readonly password?: Sealed | undefined;
  readonly history?: HistoryWish | undefined;
  readonly shown?: OwnShow | undefined;
  readonly address?: string | undefined;
};

/** A full JID wants in. The first of its account joins on the network, later ones are shown the room as it is. */
export function enter(
  room: Room,
  { account, nick, origin, password, history = {}, shown, address }: Entrance,
): RoomEffect[] {
  const seat: Seat = { jid: origin.from, wanted: nick, origin, history, shown, address, in: false, upTo: 0, partly: 0 };
  const member = room.members.get(account);
  if (!member) {
    const seats = new Map([[seat.jid, seat]]);
    room.members.set(account, { nick, joined: false, present: false, kept: false, password, unread: 0, seats });
    return [{ kind: 'join', account, nick }];
  }
  // Of a member without a client nobody has asked the network yet who is there.
  const asks = member.kept && !member.joined && membershipIn(room.place) === 'network';
  if (asks) member.nick = nick;
  member.kept = false;
  member.unread = 0;
  if (password) member.password = password;
  member.seats.set(seat.jid, seat);
  if (asks) return [{ kind: 'join', account, nick }];
  return member.joined ? welcome(room, account, seat) : [];
}

/** The network let an account in: everybody of it who waits is shown the room. */
export function joined(room: Room, account: AccountKey): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  member.nick = ownOccupant(room.roster, account)?.nick ?? member.nick;
  const fresh = arrived(room, account);
  const created = !member.joined && !member.kept && isNew(room, account);
  member.joined = true;
  room.readers = undefined;
  const waiting = [...member.seats.values()].filter((seat) => !seat.in);
  return [...waiting.flatMap((seat) => welcome(room, account, seat, created)), ...fresh];
}

/** Whoever is alone in a room and keeps order there has made it. */
const isNew = ({ roster }: Room, account: AccountKey): boolean =>
  roster.size === 1 && ownOccupant(roster, account)?.role === 'moderator';

/** The network did not let an account in: whoever waits is refused, whoever sat there already (a rejoin) is put out. */
export function refused(room: Room, account: AccountKey, failure: Failure, told: string): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  // XEP-0045 §15.6.2: 333 is a removal because of a technical problem.
  return eject(room, account, [333], told, failure);
}

/** What becomes of an account without a seat. It lingers only where the network has let it in. */
export type Remains = 'parts' | 'lingers' | 'stays';

export type Leaving = {
  readonly account: AccountKey;
  readonly jid: string;
  readonly reason?: string | undefined;
  readonly statuses?: readonly number[];
  /** The one seat that is meant. */
  readonly seat?: unknown;
};

/** A full JID goes, by itself or because its server says that it is gone. `remains` is for the last of its account. */
export function leave(room: Room, goes: Leaving, remains: Remains = 'parts'): RoomEffect[] {
  const { account, jid, reason } = goes;
  const member = room.members.get(account);
  const seat = member?.seats.get(jid);
  if (!member || !seat) return [];
  const effects: RoomEffect[] = seat.in ? [farewellTo(room, account, member, [seat], goes)] : [];
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
  return [...gone(room, account, member), { kind: 'part', account, reason }];
}

/** Puts an account out of the room with XEP-0045 status codes; the network is not told. Who waits to be let in is refused. */
export function eject(
  room: Room,
  account: AccountKey,
  statuses: readonly number[],
  reason?: string,
  failure = new Failure('recipient-unavailable'),
): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  const seats = [...member.seats.values()].filter((seat) => seat.in);
  room.members.delete(account);
  room.readers = undefined;
  const farewell = seats.length > 0 ? [farewellTo(room, account, member, seats, { reason, statuses })] : [];
  return [...refusals(member, failure), ...farewell, ...gone(room, account, member)];
}

/** An account acts by another identity from now on: its clients are out, and whom the operator had there for it leaves. */
export function end(room: Room, account: AccountKey, told: string, sent: string): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  // XEP-0045 §15.6.2: 333 is a removal because of a technical problem.
  const farewell = eject(room, account, [333], told);
  return membershipIn(room.place) === 'network' ? farewell : [...farewell, { kind: 'part', account, reason: sent }];
}

/** The network has let an account in, or shows it. */
export function arrived(room: Room, account: AccountKey): RoomEffect[] {
  const member = room.members.get(account);
  room.awaited.delete(account);
  if (!member || member.present) return [];
  member.present = true;
  return [{ kind: 'entered', account }];
}

/** Somebody came, went or changed. Whoever was here all the time, for its readers, has not come. */
export function change(room: Room, body: OccupantChange): RoomEffect[] {
  const before = room.roster.get(body.who.id);
  const who = stillPresent(before, body.who);
  switch (body.change) {
    case 'join':
    case 'role':
      room.roster.set(who.id, who);
      if (who.account !== undefined) mayModerate(room, who.account, who.role === 'moderator');
      if (isHidden(room, who, before !== undefined)) return [];
      if (room.hidden.delete(who.id)) return came(room, who);
      if (body.change === 'role') return tellRole(room, { ...body, who }, before);
      return isAs(before, who) ? [] : came(room, who);
    case 'rename':
      return rename(room, body);
    default:
      return [...depart(room, body), ...revealAll(room).flatMap((shown) => tell(room, shown))];
  }
}

function mayModerate(room: Room, account: AccountKey, moderates: boolean): void {
  const member = room.members.get(account);
  if (member && (member.moderates ?? false) !== moderates) room.readers = undefined;
  if (member) member.moderates = moderates;
}

/** One of ours whose connection was lost has sat here all the time, for its own clients: they hear how it stands now. */
function came(room: Room, who: Occupant): RoomEffect[] {
  const member = who.account && room.members.get(who.account);
  const to = member ? seatsOf(member) : [];
  const effects = tell(room, { kind: 'occupant', change: 'join', who }, who.account);
  if (!member || to.length === 0) return effects;
  const same = member.nick === who.nick;
  const body: EventBody = same
    ? { kind: 'occupant', change: 'role', who }
    : { kind: 'occupant', change: 'rename', who: { ...who, nick: member.nick }, nick: who.nick };
  member.nick = who.nick;
  room.readers = undefined;
  return [...effects, { kind: 'tell', body, to }];
}

function rename(room: Room, body: OccupantChange): RoomEffect[] {
  const before = room.roster.get(body.who.id) ?? body.who;
  const nick = body.nick ?? before.nick;
  // The readers are taken with their nicks of before: that is how a reader knows its own rename.
  const id = body.newId ?? before.id;
  const isUnseen = room.hidden.delete(before.id);
  if (isUnseen) room.hidden.add(id);
  const effects = isUnseen ? [] : tell(room, { ...body, who: before });
  room.roster.delete(before.id);
  room.roster.set(id, { ...before, id, nick });
  const member = before.account && room.members.get(before.account);
  if (member) member.nick = nick;
  room.readers = undefined;
  return effects;
}

function depart(room: Room, body: OccupantChange): RoomEffect[] {
  const known = room.roster.get(body.who.id);
  const forced = body.change === 'kick' || body.change === 'ban';
  if (!known) return forced ? putOutWaiting(room, body) : [];
  const { account } = known;
  const member = account && room.members.get(account);
  // Left by itself, on the network and not from here; whoever enters again at this moment is not meant.
  const left = body.change === 'leave' && body.who.account === account && member?.joined === true;
  const out = member && (forced || left);
  if (member && !out && !member.present) return [];
  room.roster.delete(known.id);
  if (room.hidden.delete(known.id)) return [];
  // Whose connection was lost is on its way back, or will hear that it is not.
  const effects = tell(room, { ...body, who: known }, out ? undefined : account);
  if (!out || !account) return effects;
  // The readers were told with status 110, so nothing more is said to them.
  room.members.delete(account);
  room.readers = undefined;
  return [...effects, ...refusals(member, putOut(body)), ...gone(room, account, member)];
}

/** Why somebody who was put out is not let in. Made only where it is told: an error costs more than a line. */
const putOut = ({ change }: OccupantChange): Failure => new Failure(change === 'ban' ? 'banned' : 'not-permitted');

/** One of ours who is put out before the network has said who is there is let in no more. */
function putOutWaiting(room: Room, body: OccupantChange): RoomEffect[] {
  const { account } = body.who;
  const member = account && room.members.get(account);
  const waits = member && member.seats.size > 0 && [...member.seats.values()].every((seat) => !seat.in);
  return waits ? eject(room, account, [], undefined, putOut(body)) : [];
}

/** An account that was there is out again. Of one that was restored and has not come back the others do not know it yet. */
function gone(room: Room, account: AccountKey, { present }: Member): RoomEffect[] {
  if (present) return [{ kind: 'left', account }];
  const who = ownOccupant(room.roster, account);
  if (who) room.roster.delete(who.id);
  return who ? tell(room, { kind: 'occupant', change: 'leave', who }) : [];
}

const topicOf = ({ topic: known }: Room): EventBody => ({ kind: 'topic', ...known });

/** Tells all readers, but for the clients of one account. */
export function tell(room: Room, body: EventBody, except?: AccountKey): RoomEffect[] {
  const own = except && room.members.get(except)?.seats;
  const to = own ? readersOf(room).filter(({ jid }) => !own.has(jid)) : readersOf(room);
  return to.length > 0 ? [{ kind: 'tell', body, to }] : [];
}

/** Where somebody comes from is news for those who keep order alone. */
function tellRole(room: Room, body: OccupantChange, before: Occupant | undefined): RoomEffect[] {
  const moved = before && before.host !== body.who.host && isAs(before, body.who);
  if (!moved) return tell(room, body);
  const to = readersOf(room).filter(({ moderates }) => moderates);
  return to.length > 0 ? [{ kind: 'tell', body, to }] : [];
}

// XEP-0045 §7.1: others' presence, then one's own (with 110), then history, then the subject.
function welcome(room: Room, account: AccountKey, seat: Seat, created = false): RoomEffect[] {
  const member = room.members.get(account);
  if (!member) return [];
  seat.in = true;
  room.readers = undefined;
  const reader = readerAt(seat, member.nick, member.moderates);
  const to = [reader];
  const list = [...room.roster.values()].filter(({ id }) => !room.hidden.has(id));
  const own = list.find(({ nick }) => nick === member.nick);
  const self: Occupant = own ?? {
    ...{ id: member.nick, nick: member.nick, account },
    ...{ affiliation: 'none', role: 'participant' },
  };
  // XEP-0045 §7.2.3: 210 says that the nick was changed. No 100: nobody sees the full JIDs of others.
  // §10.1.1: 201 says that there was no such room before.
  const statuses = [...(created ? [201] : []), ...(member.nick === seat.wanted ? [] : [210])];
  return [
    { kind: 'tell', body: { kind: 'occupants', list: list.filter(({ nick }) => nick !== member.nick) }, to },
    { kind: 'tell', body: { kind: 'occupant', change: 'join', who: self }, to, marks: { statuses } },
    { kind: 'history', account, to: reader, wish: seat.history },
    { kind: 'tell', body: topicOf(room), to },
    ...(seat.shown?.show === undefined ? [] : [{ kind: 'fares', account, shown: seat.shown } as const]),
  ];
}

function farewellTo(
  room: Room,
  account: AccountKey,
  { nick }: Member,
  seats: readonly Seat[],
  { statuses, ...why }: Pick<Leaving, 'reason' | 'statuses'>,
): RoomEffect {
  const body = leaving(ownOccupant(room.roster, account), nick, why.reason);
  return {
    kind: 'tell',
    body,
    to: seats.map((seat) => readerAt(seat, nick)),
    ...(statuses && { marks: { statuses } }),
  };
}
