import type { Capabilities, Level } from '#src/model/capabilities.ts';
import type { EventKind, FileRef } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';

/** What `decode` and `encode` may know of a connection. They only read it. */
export type View = {
  readonly transport: string;
  readonly account: AccountKey;
  /** What the loft calls us. */
  readonly name: string;
  /** What crosses here now: the table, narrowed by the operator. */
  readonly levels: Capabilities;
  /** A link to a file of the loft; nothing where there can be none. */
  lend(reference: string, meta: Omit<FileRef, 'url'>): FileRef | undefined;
  /** Whose connection of ours has this name. */
  ours(name: string): AccountKey | undefined;
};

export const isRoom = (id: string): boolean => id.startsWith('~');

/** The place of a room or person by the loft's id; the realm for the empty one. */
export function placeOf(id: string, { account, transport, levels }: View): Place {
  if (id === '') return { kind: 'realm', account, realm: '' };
  if (!isRoom(id)) return { kind: 'contact', account, id };
  return levels.rooms === 'shared' ? { kind: 'shared', transport, id } : { kind: 'room', account, id };
}

const ROOM_ONLY = new Set<EventKind>(['nick', 'occupant', 'occupants', 'affiliation', 'topic', 'room']);
const CONTACT_ONLY = new Set<EventKind>(['attention', 'call', 'contact', 'invite']);
const EVERYBODY = new Set<EventKind>(['presence', 'profile']);

/** Whether a kind of event happens in a kind of place at all. */
function fits(kind: EventKind, place: Place): boolean {
  if (place.kind === 'realm') return EVERYBODY.has(kind);
  if (place.kind === 'contact') return !ROOM_ONLY.has(kind);
  return !CONTACT_ONLY.has(kind) && kind !== 'profile';
}

/** What crosses in one place. */
export function narrow(levels: Capabilities, place: Place): Capabilities {
  const fitting = (side: Capabilities['out']) =>
    Object.fromEntries(Object.entries(side).filter(([kind]) => fits(kind as EventKind, place)));
  return { ...levels, out: fitting(levels.out), in: fitting(levels.in) };
}

/** The table with what the operator lowered. */
export function lowered(table: Capabilities, carries: Capabilities['out']): Capabilities {
  const side = (levels: Capabilities['out']) =>
    Object.fromEntries(
      Object.entries(levels).map(([kind, level]) => [kind, lower(level, carries[kind as EventKind] ?? level)]),
    );
  const lowest = carries.message === 'none' || carries.message === 'partial';
  return { ...table, out: side(table.out), in: side(table.in), files: lowest ? {} : table.files };
}

const ORDER: readonly Level[] = ['none', 'partial', 'full'];
const lower = (a: Level, b: Level): Level => (ORDER.indexOf(a) < ORDER.indexOf(b) ? a : b);
