// Members of rooms whose membership the network holds: they are in without a client, until somebody says that they leave.

import { excerpt } from '#mappings/split.ts';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import { membershipIn } from '#src/core/standing.ts';
import type { EventBody, EventOf } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Text } from '#src/model/language.ts';
import type { Entry } from './archive.ts';
import { eject, type Room, type RoomEffect, type Seat } from './room-state.ts';

/** An account is a member without a client: its network says so, or tells it what happens there. */
export function listed(room: Room, account: AccountKey, nick: string): RoomEffect[] {
  if (room.members.has(account)) return [];
  const seats = new Map<string, Seat>();
  room.members.set(account, { nick, joined: false, present: true, kept: true, password: undefined, unread: 0, seats });
  return [{ kind: 'entered', account }];
}

/** Where the network has kept the membership, somebody who is not there need not know who is. */
export const isIdle = ({ place, members }: Room, account: AccountKey): boolean =>
  membershipIn(place) === 'network' && members.get(account)?.seats.size === 0;

/** An account leaves for good, because its user or its network says so: its clients are out. */
export function quit(room: Room, account: AccountKey, by: 'user' | 'network'): RoomEffect[] {
  if (!room.members.has(account)) return [];
  // XEP-0045 §9.4: 321 is a removal because of a changed affiliation.
  const farewell = eject(room, account, by === 'user' ? [] : [321]);
  return by === 'user' ? [...farewell, { kind: 'part', account, reason: undefined, forGood: true }] : farewell;
}

/** What was said while none of an account's clients was there is counted, and told once until one of them comes. */
export function missed(room: Room, account: AccountKey, count: number): RoomEffect[] {
  const member = room.members.get(account);
  if (!member || member.seats.size > 0 || count === 0) return [];
  const before = member.unread;
  member.unread = before + count;
  return before > 0 ? [] : [{ kind: 'invite', account, why: unreadText(member.unread) }];
}

/** Characters of a call that are told. */
const CALL = 200;

/** Whoever stays in a room without a client is told once, until one comes, that they were called there. */
export function called(room: Room, { event, nick }: Entry): RoomEffect[] {
  if (event.kind !== 'message' || !event.live || event.mentions === undefined) return [];
  const effects: RoomEffect[] = [];
  for (const [account, member] of room.members) {
    if (!member.kept || member.seats.size > 0 || !event.mentions.includes(member.nick)) continue;
    if (member.unread === 0)
      effects.push({ kind: 'invite', account, why: texts.called(nick, excerpt(event.text, CALL)) });
    member.unread++;
  }
  return effects;
}

/** What an event means for whoever may be a member without a client. */
export function aboutMember(room: Room, account: AccountKey, what: EventOf<'room'>): RoomEffect[] {
  if (what.change === 'left') return quit(room, account, 'network');
  const member = room.members.get(account);
  if (what.change !== 'listed' || !member || member.seats.size > 0) return [];
  member.unread = what.unread ?? 0;
  return [{ kind: 'invite', account, why: unreadText(member.unread) }];
}

/** Whether an event shows that the account is a member of a room of which nothing was known. */
export function showsMember(what: EventBody & { readonly live: boolean }, account: AccountKey): boolean {
  if (what.kind === 'message') return what.live;
  if (what.kind === 'room') return what.change === 'listed';
  return what.kind === 'occupants' && what.list.some((one) => one.account === account);
}

/** How somebody is told that a room waits for them. */
const unreadText = (unread: number): Text => (unread === 0 ? texts.member : texts.unread(unread));
