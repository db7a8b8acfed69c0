import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';

/** Events whose rooms are remembered. */
const REMEMBERED = 10_000;

/** The event that another one is about; nothing for one that stands alone. */
function aboutIn(event: Event): string | undefined {
  if (event.kind === 'message') return event.replyTo;
  const isAbout = ['edit', 'retract', 'reaction', 'receipt'].includes(event.kind);
  return isAbout && 'target' in event ? event.target : undefined;
}

/**
 * In which room an event is. One person is one contact in several rooms, and in one more where a ghost has talked with them before
 * its user linked an account: what is about an event goes to the room of that event alone (client-server API §11.10, §11.11).
 */
export function openOrigins(server: Pick<Homeserver, 'call'>, recent = REMEMBERED) {
  const rooms = openRecent<string>(recent);

  async function isIn(room: string, event: string, as: string | undefined): Promise<boolean> {
    try {
      await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'event', event], as });
      return true;
    } catch (error) {
      if (error instanceof Failure && !error.row.retry) return false;
      throw error;
    }
  }

  return {
    /** An event is in that room. */
    learn: (event: string, room: string): void => void rooms.set(event, room),

    /**
     * The room among some that something goes to which is about an event; nothing for what may go to any of them. Rejects with
     * `item-not-found` where none of them has that event, and with another `Failure` while the homeserver is away.
     */
    async roomFor(event: Event, among: Iterable<string>, as?: string): Promise<string | undefined> {
      const about = aboutIn(event);
      if (about === undefined) return undefined;
      const known = rooms.get(about);
      for (const room of among) {
        if (known === undefined ? !(await isIn(room, about, as)) : known !== room) continue;
        rooms.set(about, room);
        return room;
      }
      if (event.kind === 'message') return undefined;
      throw new Failure('item-not-found');
    },
  };
}

export type Origins = ReturnType<typeof openOrigins>;

/** What becomes of an aim where nobody is there to see what is sent: nothing. Throws what is another error. */
export function ifNowhere(error: unknown): undefined {
  if (!(error instanceof Failure) || error.code !== 'item-not-found') throw error;
}
