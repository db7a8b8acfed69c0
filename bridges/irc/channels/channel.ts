import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { standing } from '#bridges/irc/wire/modes.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { type ChannelModes, quietsOn } from './channel-modes.ts';

/** Members of one channel that are listed here; more are not. */
const MEMBER_LIMIT = 100_000;
/** Members of a channel of whom each is looked at where a mode changes what all may do; of more the list is told, once in so many ms. */
const CROWD = 500;
export const RELIST = 2_000;

/** `account` is set for one of ours, and stays through a change of nick. */
export type ChannelMember = {
  nick: string;
  modes: string;
  account: AccountKey | undefined;
  /** `user@host`, of those whom we saw come. */
  mask?: string;
  /** Their account with services, as far as that is known. */
  login?: string | undefined;
  bot?: true;
};

/** https://ircv3.net/specs/extensions/bot-mode */
const BOT = [{ id: 'https://ircv3.net/specs/extensions/bot-mode', title: 'Bot' }] as const;

/** What a connection knows of a channel that it is in, or (`joined` is false) is entering. */
export type Channel = {
  readonly name: string;
  readonly place: Place;
  joined: boolean;
  /** Whether strangers cannot see the channel (modes `s` and `p`). */
  secret?: boolean;
  readonly members: Map<string, ChannelMember>;
  /** Which accounts of ours are among the members. */
  readonly own: Set<AccountKey>;
  /** Accounts of ours that are in it and that the server does not show to this one, as in auditoriums. */
  hidden?: Set<AccountKey>;
  /** Their nicks, as long as none has come, gone or changed. */
  nicks?: readonly string[] | undefined;
  /** How often one of ours has begun to be seen, or to be known as hidden. */
  appearances?: number;
  topic: string;
  topicBy: string | undefined;
  topicAt: number | undefined;
  readonly modes: ChannelModes;
  /** Whether the server was asked who they are that are in it. */
  whoAsked?: true;
  /** Its list is to be told soon. */
  relisting?: boolean;
  /** What was said since the server has put us there, as long as nobody has come in. */
  held?: Draft[];
};

/** By folded name. The steps change it in place; it belongs to one connection. */
export type Channels = Map<string, Channel>;

export const isCrowded = ({ members }: Pick<Channel, 'members'>): boolean => members.size > CROWD;

/** A member as the rest of the house sees it. Whom a mask silences in a crowd is not looked for. */
export const occupant = (
  member: ChannelMember,
  view: ServerView,
  room: Pick<Channel, 'modes' | 'members'>,
): Occupant => ({
  id: view.id(member.nick),
  nick: member.nick,
  ...standing(member.modes, view.isupport, room.modes.set.has('m') || isQuieted(member, room, view)),
  ...(member.bot && { hats: BOT }),
  ...(member.account === undefined ? member.mask !== undefined && { host: member.mask } : { account: member.account }),
});

const isQuieted = (
  member: ChannelMember,
  room: Pick<Channel, 'modes' | 'members'>,
  { isupport }: ServerView,
): boolean => room.modes.quiets.size > 0 && !isCrowded(room) && quietsOn(room.modes, member, isupport).length > 0;

/**
 * What somebody who enters is told: the whole list, then the subject, always. Those in `also` are listed too if the
 * room does not know of them yet.
 */
export function snapshot(room: Channel, view: ServerView, also: readonly ChannelMember[] = []): Draft[] {
  const missing = also.filter(
    ({ nick, account }) => !room.members.has(view.fold(nick)) && (account === undefined || !room.own.has(account)),
  );
  const { place } = room;
  const from = { kind: 'network', id: view.realm, name: view.realm } as const;
  return [
    {
      kind: 'occupants',
      place,
      from,
      list: [...room.members.values(), ...missing].map((member) => occupant(member, view, room)),
    },
    {
      kind: 'topic',
      place,
      from: room.topicBy === undefined ? from : { kind: 'network', id: view.id(room.topicBy), name: room.topicBy },
      text: room.topic,
      ...(room.topicBy === undefined ? {} : { by: room.topicBy }),
      ...(room.topicAt === undefined ? {} : { setAt: room.topicAt }),
    },
  ];
}

/** Forgets that a nick was one of ours, once its connection is gone. */
export function disown(rooms: Channels, account: AccountKey): void {
  for (const room of rooms.values()) {
    if (!room.own.delete(account)) continue;
    room.nicks = undefined;
    for (const member of room.members.values()) if (member.account === account) member.account = undefined;
  }
}

/** Enters a member, or renews it; `undefined` for what is no nick and for a full list. */
export function add(room: Channel, nick: string, modes: string, view: ServerView): ChannelMember | undefined {
  const key = view.fold(nick);
  if (!isName(nick) || (room.members.size >= MEMBER_LIMIT && !room.members.has(key))) return undefined;
  const member = { nick, modes, account: view.ours(key) };
  room.members.set(key, member);
  if (member.account === undefined) return member;
  room.own.add(member.account);
  room.nicks = undefined;
  room.hidden?.delete(member.account);
  room.appearances = (room.appearances ?? 0) + 1;
  return member;
}

/** Takes a member out, by any spelling of the nick. */
export function remove(room: Channel, nick: string, view: ServerView): ChannelMember | undefined {
  const member = room.members.get(view.fold(nick));
  room.members.delete(view.fold(nick));
  if (member?.account !== undefined) {
    room.own.delete(member.account);
    room.nicks = undefined;
  }
  return member;
}
