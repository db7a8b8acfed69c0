import type { EventBody } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Sealed } from '#src/model/sealed.ts';

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
export function parting(account: AccountKey, reason: string | undefined): EventBody {
  const who: Occupant = { id: '', nick: '', affiliation: 'none', role: 'none', account };
  return { kind: 'occupant', change: 'leave', who, ...(reason !== undefined && { reason }) };
}

/** Somebody as a network names them, with the presence that they had before: lists and roles say nothing of it. */
export function stillPresent(before: Occupant | undefined, who: Occupant): Occupant {
  if (before?.show === undefined || who.show !== undefined) return who;
  return { ...who, show: before.show, ...(before.status !== undefined && { status: before.status }) };
}
