import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import { membershipIn } from '#src/core/standing.ts';
import type { WhoseIdentity } from '#src/model/capabilities.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Language, wordsIn } from '#src/model/language.ts';
import type { LastRoom } from './occupancy.ts';
import { eject, newRoom, type Room, type RoomEffect, type Seat } from './room-state.ts';

/** A room as the last run left it: the network does not know of its members yet, and its clients of nothing new. */
export function restored({ place, sittings, roster, topic: known, upTo }: LastRoom, most?: number): Room {
  const room = newRoom(place, most);
  if (known) room.topic = known;
  const ours = new Map(sittings.map(({ account, nick }) => [nick, account]));
  for (const who of roster) {
    const account = ours.get(who.nick);
    room.roster.set(who.id, account === undefined ? who : { ...who, account });
  }
  // What is said from now on is for whoever is a member all the time.
  const isKept = membershipIn(place) === 'network';
  for (const { account, jid, nick, address } of sittings) {
    const member = room.members.get(account) ?? { ...absent, present: isKept, nick, seats: new Map<string, Seat>() };
    if (jid === undefined) member.kept = true;
    else
      member.seats.set(jid, {
        jid,
        wanted: nick,
        origin: { stanza: 'presence', from: jid, to: '' },
        history: {},
        address: address ?? undefined,
        in: true,
        upTo,
        partly: 0,
      });
    room.members.set(account, member);
    if (!member.present && member.seats.size > 0) room.awaited.add(account);
  }
  return room;
}

const absent = { joined: false, present: false, kept: false, password: undefined, unread: 0 };

/** Tells all clients of an account that the gateway goes, and keeps the account for the next start. */
export function suspend(room: Room, account: AccountKey, statuses: readonly number[], reason: string): RoomEffect[] {
  const member = room.members.get(account);
  const effects = eject(room, account, statuses, reason);
  if (!member) return effects;
  room.members.set(account, { ...member, joined: false, present: false, kept: true, seats: new Map() });
  return effects;
}

type Farewell = { readonly lasts: boolean; readonly identity: WhoseIdentity; readonly language: Language };

/** The gateway stops: who `lasts` is back with its next start. Whoever has no connection of their own does not go with it. */
export function farewell(room: Room, account: AccountKey, { lasts, identity, language }: Farewell): RoomEffect[] {
  const reason = wordsIn(texts.stopping, language);
  if (lasts) return suspend(room, account, [332], reason);
  const out = eject(room, account, [332], reason);
  return identity === 'own' ? out : [...out, { kind: 'part', account, reason: texts.stopping.en }];
}
