import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { isAs, ownOccupants } from './room-events.ts';
import { arrived, change, type Room, type RoomEffect } from './room-state.ts';

/** Occupants of a list that are compared in one turn of the event loop. */
const PORTION = 2000;

/** The network's list of who is here: told as the difference to what was known. */
export function snapshot(room: Room, list: readonly Occupant[]): RoomEffect[] {
  const before = departures(room, list);
  const news = changes(room, list);
  return [...arrivals(room, list), ...before, ...news];
}

/** As `snapshot`, where others have their turn between the portions of a long list. `run` carries effects out. */
export function takeList(
  room: Room,
  list: readonly Occupant[],
  run: (effects: RoomEffect[]) => void | Promise<void>,
): void | Promise<void> {
  return list.length > PORTION ? inPortions(room, list, run) : run(snapshot(room, list));
}

async function inPortions(room: Room, list: readonly Occupant[], run: Parameters<typeof takeList>[2]): Promise<void> {
  await run(departures(room, list));
  for (let at = 0; at < list.length; at += PORTION) {
    const some = list.slice(at, at + PORTION);
    const news = changes(room, some);
    await run([...arrivals(room, some), ...news]);
    await new Promise((done) => setImmediate(done));
  }
}

/** Those of ours who are back under other nicks, and everybody who is not here any more. */
function departures(room: Room, list: readonly Occupant[]): RoomEffect[] {
  const ours = ownOccupants(room.roster);
  const renames = list.flatMap((now) => ownRename(room, now, ours));
  const seen = new Set(room.roster.size > 0 ? list.map(({ id }) => id) : []);
  const gone = [...room.roster.values()].filter(({ id }) => !seen.has(id));
  // Who is missing from a list has not said that it leaves: one of ours may be on its way back.
  const left = gone.flatMap(({ account: _, ...who }) => change(room, { kind: 'occupant', change: 'leave', who }));
  return [...renames, ...left];
}

const changes = (room: Room, list: readonly Occupant[]): RoomEffect[] =>
  list
    .filter((who) => !isAs(room.roster.get(who.id), who))
    .flatMap((who) => change(room, { kind: 'occupant', change: room.roster.has(who.id) ? 'role' : 'join', who }));

const arrivals = (room: Room, list: readonly Occupant[]): RoomEffect[] =>
  list.flatMap(({ account }) => (account === undefined ? [] : arrived(room, account)));

/** Our own account came back under another nick: its readers must see a rename, not a stranger. */
function ownRename(room: Room, now: Occupant, ours: ReadonlyMap<AccountKey, Occupant>): RoomEffect[] {
  const before = now.account && ours.get(now.account);
  if (!before || before.id === now.id) return [];
  return change(room, { kind: 'occupant', change: 'rename', who: before, newId: now.id, nick: now.nick });
}
