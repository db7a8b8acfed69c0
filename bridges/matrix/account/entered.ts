import { objectOf, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';

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
 * lies after it, in a room that the user is in.
 */
export function aroundJoin<T>(timeline: readonly T[], user: string): { readonly before: T[]; readonly after: T[] } {
  const at = timeline.findLastIndex((value) => isComing(objectOf(value), user)) + 1;
  const said = (values: readonly T[]): T[] => values.filter((one) => objectOf(one).state_key === undefined);
  return { before: said(timeline.slice(0, at)), after: said(timeline.slice(at)) };
}

/** A new name of somebody who is in the room is a join as well, and says what was before. */
function isComing({ type, state_key, content, unsigned }: ReturnType<typeof objectOf>, user: string): boolean {
  if (type !== 'm.room.member' || state_key !== user) return false;
  if (objectOf(content).membership !== 'join') return false;
  return objectOf(objectOf(unsigned).prev_content).membership !== 'join';
}
