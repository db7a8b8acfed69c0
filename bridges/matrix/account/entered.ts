import { leaveOf } from '#bridges/matrix/rooms/membership.ts';
import { objectOf, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';
import type { OwnRoomNews } from './sync.ts';

/** The newest of each state of a room among events in their order: what lies between was not seen by who came in later. */
export function newestState(values: readonly unknown[], room: string): readonly RoomEvent[] {
  const newest = new Map<string, RoomEvent>();
  for (const value of values) {
    const event = readEvent(value, room);
    if (event?.stateKey === undefined) continue;
    const key = JSON.stringify([event.type, event.stateKey]);
    // By its time: nicks go to who was there first.
    newest.delete(key);
    newest.set(key, event);
  }
  return [...newest.values()];
}

/**
 * What was said in a room before and after a user came in (§11.2.1.1). A part of a timeline that does not have that
 * lies after it, in a room that the user is in. What has become of the user's stay stands after all else.
 */
export function aroundJoin<T>(timeline: readonly T[], user: string): { readonly before: T[]; readonly after: T[] } {
  const at = timeline.findLastIndex((value) => comes(value, user)) + 1;
  const isSaid = (one: T): boolean => objectOf(one).state_key === undefined;
  return {
    before: timeline.slice(0, at).filter(isSaid),
    after: timeline.slice(at).filter((one) => isSaid(one) || membershipIn(one, user) === 'out'),
  };
}

/** Whether an event says that a user comes in. A new name of somebody who is there is a join as well, and says what was before. */
export const comes = (value: unknown, user: string): boolean =>
  membershipIn(value, user) === 'in' && objectOf(objectOf(objectOf(value).unsigned).prev_content).membership !== 'join';

/** Whether an event says that a user is in its room; nothing where it says nothing of that. */
export function membershipIn(value: unknown, user: string): 'in' | 'out' | undefined {
  const { type, state_key, content } = objectOf(value);
  if (type !== 'm.room.member' || state_key !== user) return undefined;
  return objectOf(content).membership === 'join' ? 'in' : 'out';
}

/** That a user is not in a room any more, as a sync tells it. */
export function leavingOf({ id, state, timeline }: OwnRoomNews, user: string): RoomEvent {
  const told = [...state, ...timeline].findLast((value) => membershipIn(value, user) === 'out');
  return readEvent(told, id) ?? leaveOf(user, id);
}
