import type { Footing, Standings } from '#src/core/standing.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Side, Tables } from './tables.ts';

export type RouteContext = {
  readonly standings: Pick<Standings, 'of'>;
  readonly tables: ReadonlyMap<string, Tables>;
};

/** One way in which a draft goes out, and what is carried on it at the moment. */
export type Leg = Side & {
  readonly to: Footing;
  /** One for each place and account: who is slow holds up nobody else. */
  readonly lane: string;
};

/** Decides where to. Throws a `Failure` for an address that there is not. */
export function route(context: RouteContext, { place }: Draft, account: AccountKey): Leg {
  const to = context.standings.of(account, place);
  const tables = context.tables.get(placeTransport(place));
  if (!tables) throw new Failure('item-not-found');
  const { network, chosen } = tables;
  return { to, lane: to.lane, target: network(to.carried), chosen: chosen('out', place, account) };
}
