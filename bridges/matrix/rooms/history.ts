import { type Json, listOf, textOf } from '#bridges/matrix/wire/event.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { Reply } from '#src/model/query.ts';

/** Whose history it is to read. */
export type HistoryReader = {
  /** Asks the homeserver, by the rights of who reads. Rejects with a `Failure`. */
  get(path: readonly string[], query: Readonly<Record<string, string | number | undefined>>): Promise<Json>;
  /** What events say that were told of a room, the oldest first. */
  past(events: readonly unknown[], room: string): readonly Draft[] | Promise<readonly Draft[]>;
};

type History = Extract<Reply, { kind: 'history' }>;
type Edge = { readonly forward: boolean; readonly event: string | undefined; readonly near: number | undefined };

/** The most that is asked for at a time. */
const MOST = 100;
/** Pages that are read for one of ours, where nobody says anything in them. */
const PAGES = 10;
const NOTHING: History = { kind: 'history', events: [], complete: true };

/** What says nothing and would fill the pages of a room that many come into (§10.5: `RoomEventFilter`). */
const FILTER = JSON.stringify({
  not_types: ['m.reaction', 'm.room.member', 'm.room.power_levels', 'm.room.server_acl', 'm.policy.*', 'm.space.*'],
});

/** A page of what was said in a room: `/messages` from an end, an event or a time (§10.4). Rejects with a `Failure`. */
export async function readHistory(
  { get, past }: HistoryReader,
  room: string,
  page: Page,
  near?: number,
): Promise<History> {
  const forward = page.after !== undefined;
  const event = (page.after ?? page.before) || undefined;
  const begin = await tokenAt(get, room, { forward, event, near });
  if (begin === undefined) return NOTHING;
  let from: string | undefined = begin === '' ? undefined : begin;
  for (let read = 0; ; read++) {
    const query = { dir: forward ? 'f' : 'b', limit: Math.min(page.max, MOST), from, filter: FILTER };
    const found = await get(['v3', 'rooms', room, 'messages'], query);
    const chunk = listOf(found.chunk);
    const events = await past(forward ? chunk : chunk.toReversed(), room);
    from = textOf(found.end);
    if (from === undefined || events.length > 0 || read >= PAGES)
      return { kind: 'history', events, complete: from === undefined };
  }
}

/** Where a page begins: `''` at an end of the room, nothing where there is nothing in that direction. */
async function tokenAt(get: HistoryReader['get'], room: string, edge: Edge): Promise<string | undefined> {
  const { forward, event, near } = edge;
  if (event === undefined) return near === undefined ? '' : tokenNear(get, room, forward, near);
  try {
    return (await around(get, room, event))[forward ? 'end' : 'start'];
  } catch (error) {
    if (near === undefined || !isUnknown(error)) throw error;
    return tokenNear(get, room, forward, near);
  }
}

/** §11.28: the event that is nearest to a time is part of the page. */
async function tokenNear(
  get: HistoryReader['get'],
  room: string,
  forward: boolean,
  near: number,
): Promise<string | undefined> {
  const query = { ts: near, dir: forward ? 'f' : 'b' };
  try {
    const found = textOf((await get(['v1', 'rooms', room, 'timestamp_to_event'], query)).event_id);
    return found === undefined ? undefined : (await around(get, room, found))[forward ? 'start' : 'end'];
  } catch (error) {
    if (isUnknown(error)) return undefined;
    // Older homeservers have history, and cannot find a time in it.
    if (error instanceof Failure && error.code === 'not-supported') throw new Failure('service-unavailable');
    throw error;
  }
}

/** The ends of a page that holds one event and nothing else. */
async function around(get: HistoryReader['get'], room: string, event: string) {
  const { start, end } = await get(['v3', 'rooms', room, 'context', event], { limit: 0 });
  return { start: textOf(start), end: textOf(end) };
}

const isUnknown = (error: unknown): boolean => error instanceof Failure && error.code === 'item-not-found';
