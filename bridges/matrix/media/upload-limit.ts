import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { parsed } from '#bridges/matrix/homeserver/sdk.ts';
import { numberOf, objectOf } from '#bridges/matrix/wire/event.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** How large a file of the media repository may be, as its homeserver says itself (§11.8.1, `m.upload.size`). */
export type UploadLimit = {
  /** Bytes; a limit of our own where the homeserver tells none. `as`: in whose name it is asked, where that is a choice. Never rejects. */
  most(as?: string): Promise<number>;
  /** It is asked anew next time: what is known has turned out wrong. */
  forget(): void;
};

const HOUR = 3_600_000;
/** The most bytes of a file that is passed on, whatever a homeserver takes. */
const MOST_FILE = 1024 * 1024 * 1024;
/** Since 1.11 it is asked below `client`; before, below `media`. */
const PATHS = [
  ['client', 'v1', 'media', 'config'],
  ['media', 'v3', 'config'],
] as const;

/** Asks a homeserver when it is first needed, and once an hour from then on. */
export function openUploadLimit(server: Pick<Homeserver, 'bytes'>, clock: Pick<Clock, 'now'>): UploadLimit {
  let known: { readonly most: Promise<number>; readonly until: number } | undefined;
  const forget = (): void => {
    known = undefined;
  };

  async function ask(as: string | undefined): Promise<number> {
    try {
      return Math.min(MOST_FILE, (await told(server, as)) ?? MOST_FILE);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // What is the matter with it shows when the file is sent.
      forget();
      return MOST_FILE;
    }
  }

  return {
    most(as) {
      const now = clock.now();
      if (!known || known.until <= now) known = { most: ask(as), until: now + HOUR };
      return known.most;
    },
    forget,
  };
}

/** What the homeserver says; nothing where it says nothing. Rejects with a `Failure` where it cannot be asked. */
async function told(server: Pick<Homeserver, 'bytes'>, as: string | undefined): Promise<number | undefined> {
  for (const path of PATHS) {
    const answer = await server.bytes({ method: 'GET', path, as }).catch(unknown);
    const size = answer && numberOf(objectOf(parsed(await answer.text()))['m.upload.size']);
    if (size !== undefined && size > 0) return size;
  }
  return undefined;
}

/** A homeserver does not know every path. */
function unknown(error: unknown): undefined {
  if (error instanceof Failure && ['not-supported', 'item-not-found'].includes(error.code)) return undefined;
  throw error;
}
