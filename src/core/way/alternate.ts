import type { Aliases } from '#src/core/aliases.ts';
import type { Standings } from '#src/core/standing.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';

export type AlternateContext = {
  readonly aliases: Pick<Aliases, 'address' | 'learn'>;
  readonly standings: Pick<Standings, 'of'>;
};

/**
 * The place of a room that somebody enters, by the address that is its own: the first time that another name of it is used,
 * its network is asked. Rejects with the network's `Failure`.
 */
export function ownPlace(
  { aliases, standings }: AlternateContext,
  place: Place,
  account: AccountKey,
): Place | Promise<Place> {
  if (place.kind !== 'shared' && place.kind !== 'room') return place;
  const { transport, session } = standings.of(account, place);
  const { addresses } = transport;
  const { id } = place;
  if (!addresses.isAlternate?.(addresses.parse(id)) || aliases.address(transport.domain, id) !== undefined)
    return place;
  return transport
    .bridge()
    .ask({ kind: 'resolve', text: id }, session)
    .then(({ id: own }) => {
      if (own !== id) aliases.learn(placeTransport(place), id, own);
      return { ...place, id: own };
    });
}
