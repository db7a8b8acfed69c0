import type { Ids, Known } from '#src/core/ids.ts';
import type { PartlyShown } from '#src/core/rooms/partly-shown.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { isRoom, placeTransport } from '#src/model/place.ts';

export type RepeatParts = {
  readonly transports: ReadonlyMap<string, Pick<Transport, 'metrics'>>;
  readonly ids: Pick<Ids, 'resolve'>;
  readonly rooms: Pick<Rooms, 'toldAgain'>;
  readonly partly: Pick<PartlyShown, 'isEmpty'>;
};

/**
 * What becomes of a draft that was told before: it is counted, and read by whom its network shows it now (`Draft.seenBy`), or
 * by whom the first telling has not reached.
 */
export function openRepeats({ transports, ids, rooms, partly }: RepeatParts) {
  return (
    { place, seenBy: account, ids: [target] = [], live, asked }: Draft,
    durable: boolean,
  ): void | Promise<void> => {
    if (asked) return;
    transports.get(placeTransport(place))?.metrics.repeated();
    if (target === undefined || !isRoom(place) || (account === undefined && partly.isEmpty)) return;
    const again = ({ ids: all, author }: Known): void => {
      for (const id of all)
        rooms.toldAgain(place, { id: id as EventId, author, account, durable, live: live !== false });
    };
    try {
      const found = ids.resolve({ place, target }, 'xmpp');
      return found instanceof Promise ? found.then(again).catch(unheard) : again(found);
    } catch (error) {
      unheard(error);
    }
  };
}

/** Nobody on XMPP has heard of it. */
function unheard(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
