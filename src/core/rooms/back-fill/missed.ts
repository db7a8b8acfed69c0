import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Log } from '#src/lib/log.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';

export type MissedParts = {
  readonly sessions: Pick<Sessions, 'get'>;
  readonly log: Log;
  transport(domain: string): Transport;
  realm(place: Place): string;
  /** Takes what a network tells. */
  accept(drafts: readonly Draft[]): unknown;
};

/** How much of what was said meanwhile is asked for. */
const MOST = 100;

/**
 * Asks the network what was said last in a room that an account is back in: what is known by its ids is passed over, the
 * rest joins the archive by its time, as all does that comes late. Never rejects: a network may keep no history.
 */
export async function askMissed(parts: MissedParts, account: AccountKey, place: Place): Promise<void> {
  const { sessions, log, transport, realm, accept } = parts;
  try {
    const bridge = transport(placeTransport(place)).bridge();
    const session = sessions.get({ account, realm: realm(place) });
    const { events } = await bridge.ask({ kind: 'history', place, page: { max: MOST } }, session);
    await accept(events.filter(({ ids = [] }) => ids.length > 0).map((draft) => ({ ...draft, live: false })));
  } catch (err) {
    if (!(err instanceof Failure)) log.error({ err }, 'what was missed in a room could not be asked for');
  }
}
