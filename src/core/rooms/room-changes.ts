// What happens to a room as such: its name, its picture, its settings, and its end.
import { shownName } from '#mappings/names.ts';
import { roomTexts } from '#mappings/texts/rooms.ts';
import type { EventBody, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { xmlChars } from '#src/model/text.ts';
import { aboutMember } from './kept-members.ts';
import { type Room, type RoomEffect, readersOf, tell } from './room-state.ts';
import type { Untold } from './untold.ts';

/** What a network tells of a room as such. */
export function aboutRoom(room: Room, what: EventOf<'room'>): RoomEffect[] {
  const { change, text, avatar, place } = what;
  if (change === 'destroyed') return destroyed(room, what);
  if (change === 'renamed' || (change === 'listed' && text !== undefined))
    room.look = { ...room.look, name: text && shownName(text) };
  if (change === 'avatar' || (change === 'listed' && avatar)) room.look = { ...room.look, avatar };
  if (change === 'listed' || change === 'left')
    return place.kind === 'room' ? aboutMember(room, place.account, what) : [];
  return tell(room, what);
}

/** XEP-0045 §10.9: everybody is out, and hears where it goes on; whoever waits to be let in does, too. */
function destroyed(room: Room, what: EventOf<'room'>): RoomEffect[] {
  const to = readersOf(room);
  const members = [...room.members];
  const waiting = members.flatMap(([, { seats }]) => [...seats.values()].filter((seat) => !seat.in));
  const failure = new Failure(what.alternate === undefined ? 'item-not-found' : 'gone', {
    text: what.text ?? roomTexts.closed,
    ...(what.alternate !== undefined && { address: what.alternate }),
  });
  room.members.clear();
  room.roster.clear();
  room.readers = undefined;
  return [
    ...(to.length > 0 ? [{ kind: 'tell', body: what, to } as const] : []),
    ...waiting.map(({ origin }) => ({ kind: 'refuse', origin, failure }) as const),
    ...members.flatMap(([account, { present }]) => (present ? [{ kind: 'left', account } as const] : [])),
  ];
}

/** Tells once more how it stands: who is in the room sees who has come, changed or gone, and who is not hears that. */
export function caughtUp(room: Room, changes: readonly Untold[]): RoomEffect[] {
  return changes.flatMap(({ who, out }) => {
    const now = room.hidden.has(who.id) ? undefined : room.roster.get(who.id);
    const leave: EventBody = { kind: 'occupant', change: 'leave', who };
    return [
      ...stillOut(room, { who, out }),
      ...tell(room, now ? { kind: 'occupant', change: 'role', who: now } : leave),
    ];
  });
}

/** Tells clients once more that they are out, if they are. */
export function stillOut(room: Room, { who, out }: Omit<Untold, 'at'>): RoomEffect[] {
  const readers = readersOf(room);
  const to = out.filter(({ jid }) => !readers.some((reader) => reader.jid === jid));
  // XEP-0045 §17.4: 333 is a removal after an error, such as a link between servers that fails.
  const body: EventBody = { kind: 'occupant', change: 'leave', who };
  return to.length > 0 ? [{ kind: 'tell', body, to, marks: { statuses: [333] } }] : [];
}

/** A new subject. */
export function topic(room: Room, body: EventOf<'topic'>): RoomEffect[] {
  const { by, setAt } = body;
  const text = xmlChars(body.text);
  // Every join of one of ours brings the subject along: what is known already is no news.
  if (room.topic.text === text && room.topic.by === by) return [];
  const topic = { text, ...(by !== undefined && { by }) };
  room.topic = { ...topic, setAt: setAt ?? body.at };
  return tell(room, { kind: 'topic', ...topic });
}
