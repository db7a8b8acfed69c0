import { presenceIn, receiptsIn, typingChanges } from '#bridges/matrix/wire/ephemeral.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Venue, Venues } from './venues.ts';

export type EphemeralParts = {
  readonly host: Pick<Host, 'clock'>;
  readonly venues: Venues;
  /** Whose presence is watched by which accounts. */
  readonly watchers: ReadonlyMap<string, ReadonlySet<AccountKey>>;
  tell(drafts: readonly Draft[]): Promise<void>;
};

/** Takes what is over a moment later: who types, who has read, who is there. */
export function openEphemeral({ host, venues, watchers, tell }: EphemeralParts) {
  const { venueOf, partyOf, isHeard, isThird } = venues;
  const directTyping = new Map<string, ReadonlySet<string>>();

  function typing(content: Json, venue: Venue): Draft[] {
    const { gateway, direct } = venue;
    const before = gateway?.typing ?? directTyping.get(direct?.room ?? '') ?? new Set<string>();
    const { now, typing: still, stopped } = typingChanges(before, content);
    if (gateway) gateway.typing = now;
    else if (direct && now.size > 0) directTyping.set(direct.room, now);
    else if (direct) directTyping.delete(direct.room);
    const told = (users: readonly string[], active: boolean): Draft[] =>
      users
        .filter((user) => isHeard(user) && !isThird(user, venue))
        .map((user) => ({ place: venue.place, from: partyOf(user, venue), kind: 'typing', active }));
    return [...told(still, true), ...told(stopped, false)];
  }

  const receipts = (content: Json, venue: Venue): Draft[] =>
    receiptsIn(content, ['m.read'])
      .filter(({ user }) => isHeard(user) && !isThird(user, venue))
      .map(({ user, event }) => ({
        place: venue.place,
        from: partyOf(user, venue),
        ...{ kind: 'receipt', target: event as ForeignId, state: 'displayed', upTo: true },
      }));

  async function presence(user: string, content: Json): Promise<void> {
    const body = !isHeard(user) ? undefined : presenceIn(content, host.clock.now());
    if (!body) return;
    const places = [...(watchers.get(user) ?? [])].map(
      (account): Place => ({ kind: 'contact', account, id: localOf(user) }),
    );
    await tell(places.map((place): Draft => ({ place, from: { kind: 'network', id: user }, ...body })));
  }

  return async (value: unknown): Promise<void> => {
    const edu = objectOf(value);
    const content = objectOf(edu.content);
    const room = textOf(edu.room_id);
    if (edu.type === 'm.presence') return presence(textOf(edu.sender) ?? '', content);
    const venue = room === undefined ? undefined : venueOf(room);
    if (!venue || room === undefined) return;
    if (edu.type === 'm.typing') return tell(typing(content, venue));
    if (edu.type === 'm.receipt') await tell(receipts(content, venue));
  };
}
