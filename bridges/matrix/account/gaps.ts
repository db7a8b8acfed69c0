import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Json, listOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';

/** Pages of a gap that are read, of so many events each. */
const PAGES = 10;
const PAGE = 100;

type GapParts = {
  readonly server: Homeserver;
  /** What cannot be had now ends the sync; what never can be holds up nothing. */
  within(work: () => Promise<void>): Promise<void>;
};

/** What syncs have left out of a room. */
export function openGaps({ server, within }: GapParts) {
  /**
   * Reads it, the oldest first, back to a sync or to an event. `isWhole`: there is nothing between that and what was read.
   * Rejects with a `Failure` that may pass.
   */
  async function read(
    id: string,
    before: string | undefined,
    since: string | undefined,
    isEnd: (event: Json) => boolean = () => false,
  ): Promise<{ readonly events: readonly Json[]; readonly isWhole: boolean }> {
    const found: Json[] = [];
    let isWhole = false;
    // Without a place to begin at it is read from the end (§11.1.4): what comes twice is told once.
    let from = before;
    await within(async () => {
      for (let page = 0; page < PAGES && !isWhole; page++) {
        const query = { dir: 'b', limit: PAGE, from, to: since };
        const told: Json = await server.call({ method: 'GET', path: ['v3', 'rooms', id, 'messages'], query });
        const events = listOf(told.chunk).map(objectOf);
        found.push(...events);
        from = events.length === 0 ? undefined : textOf(told.end);
        isWhole = from === undefined || events.some(isEnd);
      }
    });
    return { events: found.reverse(), isWhole };
  }

  return { read };
}
