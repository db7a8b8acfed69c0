import type { EventOf } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import { type Room, type RoomEffect, readersOf } from './room-state.ts';

/**
 * Somebody in a room is away, or back. Whoever is not there has no presence there, and whoever goes says so otherwise.
 * The first that is heard of somebody is told whatever it is: who was here before may have been shown another.
 */
export function present(room: Room, { from, show, status }: EventOf<'presence'>): RoomEffect[] {
  const before = from.kind === 'network' ? room.roster.get(from.id) : undefined;
  if (!before || show === 'offline' || (before.show === show && before.status === status)) return [];
  const { status: _, ...who } = before;
  const now: Occupant = { ...who, show, ...(status !== undefined && { status }) };
  room.roster.set(now.id, now);
  const to = room.hidden.has(now.id) ? [] : readersOf(room);
  // XEP-0045 §7.7: a changed presence is sent to everybody, with the standing of its occupant.
  return to.length > 0 ? [{ kind: 'tell', body: { kind: 'occupant', change: 'role', who: now }, to }] : [];
}
