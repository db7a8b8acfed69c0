import type { AccountKey } from '#src/model/ids.ts';
import type { Room } from './room-state.ts';

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

export const hasSeats = (room: Room, account: AccountKey): boolean => (room.members.get(account)?.seats.size ?? 0) > 0;

/** Whether the account has not been let in yet, since it wanted to. */
export const isNew = (room: Room, account: AccountKey): boolean => room.members.get(account)?.joined === false;
