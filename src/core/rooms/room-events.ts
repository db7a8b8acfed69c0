import type { Origin } from '#src/core/index.ts';
import type { EventBody } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Sealed } from '#src/model/sealed.ts';

/** How somebody fares, as far as they have said. */
export type OwnShow = Pick<Occupant, 'show' | 'status'>;

type Joiner = { readonly nick: string; readonly password: Sealed | undefined };

/** What a network is told when an account of ours enters a room. */
export function joining(
  account: AccountKey,
  { nick, password }: Joiner = { nick: '', password: undefined },
): EventBody {
  const who: Occupant = { id: '', nick, affiliation: 'none', role: 'participant', account };
  return { kind: 'occupant', change: 'join', who, ...(password && { password }) };
}

/** What a network is told when an account of ours leaves a room. */
export function parting(account: AccountKey, reason: string | undefined, forGood = false): EventBody {
  const who: Occupant = { id: '', nick: '', affiliation: 'none', role: 'none', account };
  return {
    kind: 'occupant',
    change: 'leave',
    who,
    ...(reason !== undefined && { reason }),
    ...(forGood && { forGood }),
  };
}

/** What clients are told when somebody leaves of whom no more than the nick may be known. */
export function leaving(own: Occupant | undefined, nick: string, reason: string | undefined): EventBody {
  const who: Occupant = own ?? { id: nick, nick, affiliation: 'none', role: 'none' };
  return { kind: 'occupant', change: 'leave', who, ...(reason !== undefined && { reason }) };
}

/** What a network is told of how an account of ours fares in a room. */
export const faring = ({ show = 'available', status }: OwnShow): Extract<EventBody, { kind: 'presence' }> => ({
  kind: 'presence',
  show,
  ...(status !== undefined && { status }),
});

/** Somebody as a network names them, with the presence that they had before: lists and roles say nothing of it. */
export function stillPresent(before: Occupant | undefined, who: Occupant): Occupant {
  if (before?.show === undefined || who.show !== undefined) return who;
  return { ...who, show: before.show, ...(before.status !== undefined && { status: before.status }) };
}

/** Whether somebody is as before, as far as that is told. */
export const isAs = (
  before: Occupant | undefined,
  { nick, affiliation, role, hats, show = before?.show }: Occupant,
): boolean =>
  before?.nick === nick &&
  before.affiliation === affiliation &&
  before.role === role &&
  (before.show ?? show) === show &&
  (before.hats === hats || JSON.stringify(before.hats) === JSON.stringify(hats));

type Roster = ReadonlyMap<string, Occupant>;

/** An account of ours as the network lists it; `undefined` where it does not. */
export function ownOccupant(roster: Roster, account: AccountKey): Occupant | undefined {
  for (const occupant of roster.values()) if (occupant.account === account) return occupant;
  return undefined;
}

/** All accounts of ours as the network lists them. */
export function ownOccupants(roster: Roster): ReadonlyMap<AccountKey, Occupant> {
  const own = new Map<AccountKey, Occupant>();
  for (const occupant of roster.values()) {
    if (occupant.account !== undefined && !own.has(occupant.account)) own.set(occupant.account, occupant);
  }
  return own;
}

type Seated = { readonly seats: ReadonlyMap<string, { readonly in: boolean; readonly origin: Origin }> };

/** The answers for those clients of an account that wait to be let in. */
export const refusals = ({ seats }: Seated, failure: Failure) =>
  [...seats.values()].flatMap((seat) => (seat.in ? [] : [{ kind: 'refuse', origin: seat.origin, failure } as const]));
