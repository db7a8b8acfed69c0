import type { Accounts } from '#src/core/accounts/accounts.ts';
import type { LimitName, Limits } from '#src/core/limits.ts';
import type { ContactRefusals } from '#src/core/people/refusals.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { isRoom, placeTransport } from '#src/model/place.ts';

export type AdmitContext = {
  readonly accounts: Accounts;
  readonly limits: Pick<Limits, 'spend'>;
  readonly rooms: Pick<Rooms, 'nickOf'>;
  readonly refusals: Pick<ContactRefusals, 'of'>;
};

/** Whose event it is, and the nick under which its client is in the room. */
export type Admitted = {
  readonly account: AccountKey;
  readonly nick: string | undefined;
  /** It goes to somebody whom its user has blocked, and nobody waits for an answer. */
  readonly unheard?: true;
};

/** What each kind costs its sender. What clients send by themselves, such as typing and receipts, costs nothing. */
const RATES: Readonly<Partial<Record<Draft['kind'], LimitName | 'free'>>> = {
  typing: 'free',
  receipt: 'free',
  presence: 'free',
};

/** Decides who may send a draft to a network, from the client `jid`. Throws the `Failure` of a refusal. */
export function admit({ accounts, limits, rooms, refusals }: AdmitContext, draft: Draft, jid: string): Admitted {
  const { from, place } = draft;
  const account = accounts.of(from, placeTransport(place));
  const { user } = splitAccount(account);
  accounts.admit(user);
  accounts.used(account);
  const nick = isRoom(place) ? rooms.nickOf(place, account, jid) : undefined;
  const passing = passage(draft);
  if (isRoom(place) && !passing && nick === undefined) throw new Failure('not-joined');
  const rate = passing === 'join' ? 'joins' : passing === 'leave' ? 'free' : (RATES[draft.kind] ?? 'messages');
  if (rate !== 'free') limits.spend(rate, user);
  if (refusals.of(place) === 'blocked') {
    // XEP-0191 §3.2: nothing goes to them.
    if (rate !== 'free') throw new Failure('blocked');
    return { account, nick, unheard: true };
  }
  return { account, nick };
}

/** Whoever enters or leaves a room need not be in it. */
const passage = (draft: Draft): 'join' | 'leave' | undefined =>
  draft.kind === 'occupant' && (draft.change === 'join' || draft.change === 'leave') ? draft.change : undefined;
