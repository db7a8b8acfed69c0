import { outward } from '#mappings/targets.ts';
import type { Session, SessionKey } from '#src/bridge.ts';
import { outwardLane } from '#src/core/journal/owed.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Side, Tables } from './tables.ts';

export type RouteContext = {
  readonly sessions: Pick<Sessions, 'get'>;
  readonly tables: ReadonlyMap<string, Tables>;
  transport(domain: string): Transport;
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
  readonly transport: Transport;
};

/** Decides where to. Throws a `Failure` for an address that there is not. */
export function route(
  { sessions, tables, ...context }: RouteContext,
  { place }: Draft,
  account: AccountKey,
): readonly Leg[] {
  const domain = placeTransport(place);
  const transport = context.transport(domain);
  const key = { account, realm: context.realm(place) };
  const session = sessions.get(key);
  const target = outward(transport.mapping, transport.bridge().narrow?.(place, session));
  return [
    {
      place,
      key,
      session,
      lane: outwardLane(place, account),
      transport,
      target,
      chosen: tables.get(domain)?.chosen('out', place, account) ?? {},
    },
  ];
}
