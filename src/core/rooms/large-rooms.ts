// XEP-0045 has no bound for rosters: of very large rooms clients are shown who speaks, who keeps order, and who is from here.
import type { OccupantChange } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Room } from './room-state.ts';

/** Rooms with more people than so many hear of whoever has read what they wrote, and of nobody else's reading. */
export const CROWD = 50;

/** Whether somebody who is in the room is nobody that its clients are shown. Notes it of who comes. */
export function isHidden({ hidden, roster, most }: Room, { id, account, role }: Occupant, known: boolean): boolean {
  if (account !== undefined || role === 'moderator') return false;
  if (known) return hidden.has(id);
  if (roster.size - hidden.size <= most) return false;
  hidden.add(id);
  return true;
}

/** All are shown as soon as there is room for all who are left. */
export function revealAll(room: Room): OccupantChange[] {
  if (room.hidden.size === 0 || room.roster.size > room.most) return [];
  return [...room.hidden].flatMap((id) => reveal(room, id) ?? []);
}

/** Somebody of whom clients had not been shown anything is one that they are shown from now on. */
export function reveal(room: Room, id: string): OccupantChange | undefined {
  const who = room.hidden.delete(id) ? room.roster.get(id) : undefined;
  return who && { kind: 'occupant', change: 'join', who };
}
