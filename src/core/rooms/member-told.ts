import type { XmppSide } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Room } from './room-state.ts';

export type MemberToldParts = {
  readonly xmpp: Pick<XmppSide, 'bookmark'>;
  readonly display: Pick<Display, 'owe' | 'show'>;
  readonly digests: Pick<Digests, 'waits'>;
  readonly clock: Pick<Clock, 'now'>;
  realm(place: Place): string;
};

/** A room waits for its member, who has no client there: it is bookmarked where that may be done, and told by an invitation elsewhere. */
export function tellMember(parts: MemberToldParts, room: Room, account: AccountKey, reason: string): void {
  const { place, members } = room;
  if (place.kind === 'realm') return;
  const { user } = splitAccount(account);
  const nick = members.get(account)?.nick ?? user.slice(0, user.indexOf('@'));
  const done = parts.xmpp.bookmark(place, { account, nick, name: place.id });
  if (!done) return invite(parts, room, account, reason);
  // They may have left meanwhile.
  void done.then((joined) => joined || !members.has(account) || invite(parts, room, account, reason));
}

/** Told as the network's own, to all clients of the user or the next that comes. */
function invite(parts: MemberToldParts, { place }: Room, account: AccountKey, reason: string): void {
  if (place.kind === 'realm') return;
  const at: Place = { kind: 'realm', account, realm: parts.realm(place) };
  const head = {
    id: newEventId(),
    at: parts.clock.now(),
    place: at,
    from: { kind: 'network', id: '' },
    live: true,
  } as const;
  const told = { ...head, kind: 'invite', room: place.id, reason } as const;
  if (parts.digests.waits(account)) parts.display.owe(told.id);
  parts.display.show(told, [{ jid: splitAccount(account).user }]);
}
