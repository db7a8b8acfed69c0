import type { Ids } from '#src/core/ids.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';

export type RepeatParts = {
  readonly transports: ReadonlyMap<string, Pick<Transport, 'metrics'>>;
  readonly ids: Pick<Ids, 'resolve'>;
  readonly rooms: Pick<Rooms, 'disclose'>;
};

/** What becomes of a draft that was told before: it is counted, and read by whom its network shows it now (`Draft.seenBy`). */
export function openRepeats({ transports, ids, rooms }: RepeatParts) {
  async function disclose(account: AccountKey, place: Place, target: ForeignId): Promise<void> {
    try {
      const { ids: found, author } = await ids.resolve({ place, target }, 'xmpp');
      rooms.disclose(place, account, { id: found[0] ?? '', author });
    } catch (error) {
      // Nobody on XMPP has heard of it.
      if (!(error instanceof Failure)) throw error;
    }
  }

  return ({ place, seenBy, ids: [target] = [] }: Draft): void | Promise<void> => {
    transports.get(placeTransport(place))?.metrics.repeated();
    if (seenBy !== undefined && target !== undefined) return disclose(seenBy, place, target);
  };
}
