import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { objectOf } from '#bridges/matrix/wire/event.ts';
import { relationOf } from '#bridges/matrix/wire/replies.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';

/** Corrections that are remembered, and messages that are known to be none. */
const REMEMBERED = 10_000;

/**
 * What a correction is one of: Matrix speaks of the first message alone (client-server API §11.9), and who writes on XMPP perhaps of
 * the last correction.
 */
export function openCorrections(server: Pick<Homeserver, 'call'>, recent = REMEMBERED) {
  const corrections = openRecent<string>(recent);
  return {
    /** The event `event` is `original`, or a correction of that. */
    learn: (event: string, original: string): void => void corrections.set(event, original),
    /** The message that an event is, or corrects, as far as that was heard. */
    known: <Id extends string>(event: Id): Id => (corrections.get(event) as Id | undefined) ?? event,
    /** The same, where need be by a look at the homeserver. Rejects with a `Failure` while it is away. */
    async find(room: string, event: string, as?: string): Promise<string> {
      const known = corrections.get(event);
      if (known !== undefined) return known;
      try {
        const { content } = await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'event', event], as });
        const original = relationOf(objectOf(content)).replaces ?? event;
        corrections.set(event, original);
        return original;
      } catch (error) {
        if (error instanceof Failure && !error.row.retry) return event;
        throw error;
      }
    },
  };
}

export type Corrections = ReturnType<typeof openCorrections>;
