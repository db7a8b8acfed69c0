import type { OpenSettings } from '#src/core/accounts/settings.ts';
import { writerOf } from '#src/core/ids.ts';
import type { Marks, Recipient, XmppSide } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { EventOf, HistoryWish } from '#src/model/event.ts';
import { type AccountKey, type EventId, newEventId, splitAccount } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import type { Archive, Entry } from './archive.ts';
import { type Archivable, aboutOf, aboutRow, isLate, sayer, sayerOf } from './archived.ts';
import { CROWD, reveal } from './large-rooms.ts';
import type { Occupancy } from './occupancy.ts';
import type { OwnChoices } from './own-choices.ts';
import type { PartlyShown } from './partly-shown.ts';
import { lateReaders, seatOf, shownUpTo } from './room-seats.ts';
import { type Room, type RoomEffect, readersOf } from './room-state.ts';

export type SaidParts = {
  readonly archive: Pick<Archive, 'record' | 'recordLate' | 'recall' | 'disclose' | 'records' | 'history'>;
  readonly display: Pick<Display, 'show' | 'owe'>;
  readonly partly: PartlyShown;
  readonly clock: Pick<Clock, 'now'>;
  readonly xmpp: Pick<XmppSide, 'displayed'>;
  readonly occupancy: Pick<Occupancy, 'told'>;
  readonly settings: Pick<OpenSettings, 'inRoom'>;
};

type SayParts = SaidParts & { readonly choices: Pick<OwnChoices, 'records'> };

/** What its network tells of a room. Whom that does not name, as before it has told who is there, is called as they were. */
export function saidThere({ roster }: Pick<Room, 'roster'>, event: Archivable, marks: Marks): Entry {
  const by = sayer(writerOf(event));
  const { from } = event;
  if (from.kind !== 'network') return { event, by, nick: '', marks, about: undefined };
  // What the room itself says has no name.
  const nick = from.name ?? (from.id ? roster.get(from.id)?.nick : undefined) ?? from.id;
  const named = nick === (from.name ?? from.id) ? event : { ...event, from: { ...from, name: nick } };
  return { event: named, by, nick, marks, about: undefined };
}

/** Something that was said in a room: kept, and shown to everybody with the archive's id. What it is about is looked up. */
export function said(parts: SayParts, room: Room, entry: Entry, account?: AccountKey): void | Promise<void> {
  const target = aboutOf(entry.event);
  const author = isOwn(entry.event) ? entry.by : undefined;
  if (target === undefined) return kept(parts, room, entry);
  return chain(parts.archive.recall(room.place, target, account, author), (found) => {
    const strange = account !== undefined && !found;
    const event = strange && parts.archive.records(room.place) ? alone(entry.event) : entry.event;
    return kept(parts, room, { ...entry, event, about: found });
  });
}

/** XEP-0308 §4, XEP-0424 §4: what others have written is for moderators. */
const isOwn = (event: Archivable): boolean =>
  event.kind === 'edit' || (event.kind === 'retract' && event.by === undefined);

/** An answer to what was not said here is words like any. */
function alone(event: Archivable): Archivable {
  if (event.kind !== 'message') return event;
  const { replyTo: _, ...rest } = event;
  return rest;
}

function kept(parts: SayParts, room: Room, entry: Entry): void | Promise<void> {
  const { by, about } = entry;
  const now = parts.clock.now();
  const { event } = entry;
  // Clocks of networks are wrong: what is told as news is no older than what was shown before it.
  const least = event.live && isLate(event, now) ? shownUpTo(room) : event.at;
  const what = least > event.at ? { ...event, at: least } : event;
  if (isOwn(what) && about && about.fromId !== by) return void parts.display.show(what, []);
  if (event.live && what.seenBy !== undefined)
    return void tellAll(parts, entry, undefined, readersFor(room, what.seenBy));
  if (!isLate(what, now)) {
    const to = readersOf(room);
    if (room.hidden.size > 0) introduce(parts, room, what, to);
    room.last.at = what.at;
    room.last.to = to;
    const news = what === event ? entry : { ...entry, event: what };
    if (room.awaited.size > 0) return recordForAll(parts, room, news).then((id) => void tellAll(parts, news, id, to));
    return void tellAll(parts, news, parts.archive.record(news), to);
  }
  const seenBy = what.seenBy === undefined ? thoseIn(room) : [what.seenBy];
  const late = { ...entry, event: what };
  return parts.archive.recordLate(late, seenBy).then((id) => {
    if (what.asked) return;
    const to = lateReaders(room, what);
    const marks = tellAll(parts, late, id, to);
    if (to.length < readersOf(room).length) parts.partly.note(what, marks, to);
  });
}

/** Those in a room who are clients of one account. */
function readersFor(room: Room, account: AccountKey): readonly Recipient[] {
  const seats = room.members.get(account)?.seats;
  return readersOf(room).filter(({ jid }) => seats?.has(jid));
}

/** What is said after a restart is shown to whoever sat there before, and kept for them as they have chosen. */
async function recordForAll({ archive, choices }: SayParts, room: Room, news: Entry): Promise<string | undefined> {
  const keeping: AccountKey[] = [];
  for (const account of room.awaited) {
    if (!room.members.has(account)) room.awaited.delete(account);
    else if (await choices.records(account, room.place)) keeping.push(account);
  }
  return keeping.length > 0 ? archive.recordLate(news, [...thoseIn(room), ...keeping]) : archive.record(news);
}

const thoseIn = ({ members }: Room): readonly AccountKey[] =>
  [...members].flatMap(([account, { present }]) => (present ? account : []));

/** Whoever speaks in a very large room is there from now on, for its clients. */
function introduce(
  { display, occupancy }: SaidParts,
  room: Room,
  { from, place, at }: Archivable,
  to: readonly Recipient[],
): void {
  const body = from.kind === 'network' ? reveal(room, from.id) : undefined;
  if (!body) return;
  occupancy.told(place, body);
  display.show({ ...body, id: newEventId(), at, place, from: { kind: 'network', id: '' }, live: true }, to);
}

function tellAll(parts: SaidParts, entry: Entry, stanzaId: string | undefined, to: readonly Recipient[]): Marks {
  const { event: what, nick, about, by } = entry;
  const from: Party = { kind: 'network', id: nick, name: nick };
  const marks: { -readonly [K in keyof Marks]: Marks[K] } = { ...entry.marks, by };
  if (about) marks.about = aboutRow(about.id, about);
  if (stanzaId !== undefined) marks.stanzaId = stanzaId;
  parts.display.show(what.from.kind === 'network' ? what : { ...what, from }, to, marks);
  return marks;
}

/** Whether a member without a client has missed it. Its own words, said elsewhere, nobody has. */
export const isUnread = ({ event: { kind, from, asked } }: Entry): boolean =>
  kind === 'message' && !asked && !(from.kind === 'network' && from.self);

/** Up to where somebody has read: the archive's id of that is what clients know. */
export function marked(
  { archive, display, xmpp }: SaidParts,
  room: Room,
  what: EventOf<'receipt'>,
  marks: Marks,
): void | Promise<void> {
  return chain(archive.recall(room.place, what.target), (found) => {
    // Read elsewhere by one of ours.
    const own = what.from.kind === 'network' && what.from.self;
    const account = room.place.kind === 'room' ? room.place.account : what.seenBy;
    if (own && account && found && what.state === 'displayed' && xmpp.displayed(room.place, account, String(found.id)))
      return;
    // That is nothing for the others in the room.
    if (own && room.place.kind === 'shared') return;
    const about = found ? { about: aboutRow(found.id, found) } : {};
    // In a crowd only whoever wrote it hears that it was read.
    const to = room.roster.size > CROWD ? writersOf(room, found?.fromId) : readersOf(room);
    display.show(what, to, { ...marks, ...about });
  });
}

/** What a network tells once more of something that was said in a room: for one account, or for all who are there. */
export type ToldAgain = {
  readonly id: EventId;
  readonly author: string;
  readonly account: AccountKey | undefined;
  readonly live: boolean;
  readonly durable: boolean;
};

/**
 * An account may read from now on what is archived, and is shown it where it comes late. What its network tells all who are
 * there is shown to whom the first telling has not reached.
 */
export async function toldAgain(parts: SaidParts, room: Room, told: ToldAgain): Promise<void> {
  const { archive, display, partly } = parts;
  const { id, author, account } = told;
  const by = sayerOf(author);
  if (account === undefined) return shownToAll(parts, room, told, by);
  const found = await archive.disclose(room.place, [account], id, by);
  if (!found) return;
  const to = lateReaders(room, { ...found.event, seenBy: account });
  partly.shown(id, to);
  display.show(found.event, to, found.marks);
}

async function shownToAll(
  { archive, display, partly }: SaidParts,
  room: Room,
  { id, live, durable }: ToldAgain,
  by: string,
): Promise<void> {
  const known = partly.get(id);
  if (!known) return;
  await archive.disclose(room.place, thoseIn(room), id, by);
  const event = { ...known.event, live };
  const others = (live ? readersOf(room) : lateReaders(room, { at: event.at, live })).filter(({ jid }) => {
    const seat = seatOf(room, jid);
    if (seat && live) seat.upTo = Math.max(seat.upTo, event.at);
    return seat && seat.partly < known.count && !known.to.has(jid);
  });
  if (others.length === 0) return;
  partly.shown(id, others);
  if (durable) display.owe(event.id);
  display.show(event, others, known.marks);
}

/** Shows one who comes in what was said before. */
export async function showPast(
  { archive, display, settings, partly, clock }: SaidParts,
  room: Room,
  { account, to, wish }: Extract<RoomEffect, { kind: 'history' }>,
): Promise<void> {
  const stanzas = wish.stanzas ?? (await settings.inRoom(room.place, account)).shown;
  const wanted = { ...wish, stanzas };
  const past = await archive.history(room.place, account, wanted);
  for (const { event, marks } of past) display.show(event, [to], marks);
  const seat = seatOf(room, to.jid);
  if (!seat) return;
  seat.upTo = past.at(-1)?.at ?? beginningOf(wanted, clock.now());
  seat.partly = partly.count;
}

/** XEP-0045 §7.2.14: what is older than this was not asked for, though it comes late. In ms since 1970. */
function beginningOf({ stanzas, characters, seconds, since = 0 }: HistoryWish, now: number): number {
  if (stanzas === 0 || characters === 0) return now;
  return seconds === undefined ? since : now - seconds * 1000;
}

/** The clients of the one of ours who is known by that to the archive. */
const writersOf = (room: Room, by: string | undefined): readonly Recipient[] => {
  const accounts = [...room.members.keys()].filter(
    (account) => sayer({ kind: 'xmpp', bare: splitAccount(account).user }) === by,
  );
  return readersOf(room).filter(({ jid }) => accounts.some((account) => room.members.get(account)?.seats.has(jid)));
};
