import type { Json } from '#bridges/matrix/wire/event.ts';
import { Failure } from '#src/model/failure.ts';

/** Homeservers may have no directory of rooms or people, or show it to nobody: then there is nothing in it. Throws all else. */
export function nothingListed(error: unknown): Json {
  if (error instanceof Failure && !error.row.retry && error.foreign !== 'M_UNKNOWN_TOKEN')
    return { total_room_count_estimate: 0, limited: false };
  throw error;
}
