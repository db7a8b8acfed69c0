import { outward } from '#mappings/targets.ts';
import type { Session, SessionKey } from '#src/bridge.ts';
import { outwardLane } from '#src/core/journal/rows.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { CoreTransport } from '#src/core/transport.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Side, Tables } from './tables.ts';

export type RouteContext = {
  readonly sessions: Pick<Sessions, 'get'>;
  readonly tables: ReadonlyMap<string, Tables>;
  transport(domain: string): CoreTransport;
  realm(place: Place): string;
};

/** One way in which a draft goes out, and what is carried on it at the moment. */
export type Leg = Side & {
  readonly place: Place;
  readonly key: SessionKey;
  /** The session of that key, where it is online. */
  readonly session: Session | undefined;
  /** One for each place and account: who is slow holds up nobody else. */
  readonly lane: string;
  readonly transport: CoreTransport;
};

/** Decides where to. Throws a `Failure` for an address that there is not. */
export function route(context: RouteContext, { place }: Draft, account: AccountKey): readonly Leg[] {
  const domain = placeTransport(place);
  const transport = context.transport(domain);
  const tables = context.tables.get(domain);
  const key = { account, realm: context.realm(place) };
  const session = context.sessions.get(key);
  const { mapping } = transport;
  const now = transport.bridge().narrow?.(place, session) ?? mapping.facts;
  // Most of the time all that the table says is there.
  const target = now === mapping.facts && tables ? tables.network : outward(mapping, now);
  const chosen = tables?.chosen('out', place, account) ?? {};
  return [{ place, key, session, lane: outwardLane(place, account), transport, target, chosen }];
}
