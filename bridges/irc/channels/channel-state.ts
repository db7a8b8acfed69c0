import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { awayInRooms } from '#bridges/irc/people/away.ts';
import type { MemberRow } from '#bridges/irc/questions/answers.ts';
import { texts } from '#bridges/irc/texts.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { roomPlace, sender, stamp } from '#bridges/irc/wire/drafts.ts';
import { type ModeChange, parseModes, splitNamesEntry, withMode } from '#bridges/irc/wire/modes.ts';
import { accountOf, isName, maskOf, NAME_LIMIT } from '#bridges/irc/wire/names.ts';
import { byOurClock } from '#bridges/irc/wire/times.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import type { Draft } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import {
  add,
  type Channel,
  type ChannelMember,
  type Channels,
  isCrowded,
  occupant,
  remove,
  snapshot,
} from './channel.ts';
import { hasQuiets, isBanned, learnChannelModes, newChannelModes, stepChannelModes } from './channel-modes.ts';

/** Channels that one connection may be in, and people in all of them together who are known. */
const ROOM_LIMIT = 500;
const PEOPLE_LIMIT = 300_000;

/** What a step brings: drafts in order, what became of our own stay in a channel, and a channel in which all may have changed. */
export type ChannelStep = {
  readonly drafts: Draft[];
  readonly relist?: string;
  readonly self?: { readonly change: 'joined' | 'left' | 'entering'; readonly room: string };
};

const NOTHING: ChannelStep = { drafts: [] };

/** Takes a line in. Short or senseless ones change nothing. Never throws. */
export type StepChannels = (channels: Channels, line: Line, view: ServerView) => ChannelStep;

/** How each line changes what is known of channels. */
export const STEPS = {
  JOIN: join,
  PART: (rooms, line, view) =>
    depart(rooms, line, view, { channel: line.params[0], nick: line.nick, change: 'leave', reason: line.params[1] }),
  KICK: (rooms, line, view) =>
    depart(rooms, line, view, {
      channel: line.params[0],
      nick: line.params[1] ?? '',
      change: 'kick',
      reason: line.params[2],
      by: line.nick || line.prefix,
    }),
  QUIT: quit,
  NICK: rename,
  ACCOUNT: (rooms, line, view) =>
    describedAnew(rooms, line, view, (member) => (member.login = accountOf(line.params[0]))),
  CHGHOST: (rooms, line, view) => {
    const [user = '', host = ''] = line.params;
    const mask = isName(user) && isName(host) ? maskOf(user, host) : undefined;
    return mask ? describedAnew(rooms, line, view, (member) => (member.mask = mask)) : NOTHING;
  },
  AWAY: (rooms, line, view) => ({ drafts: awayInRooms(rooms, line, view) }),
  MODE: mode,
  TOPIC: topic,
  '324': channelModes,
  '331': (rooms, line, view) => noteTopic(rooms.get(view.fold(line.params[1] ?? '')), ''),
  '332': (rooms, line, view) => noteTopic(rooms.get(view.fold(line.params[1] ?? '')), line.params.at(-1) ?? ''),
  '333': topicAuthor,
  '353': names,
  '366': namesEnd,
} satisfies Readonly<Record<string, StepChannels>>;

function join(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const name = line.params[0] ?? '';
  const key = view.fold(name);
  if (!isName(name) || !isName(line.nick)) return NOTHING;
  if (isSelf(line.nick, view)) {
    if (rooms.size >= ROOM_LIMIT && !rooms.has(key)) return NOTHING;
    const room: Channel = {
      name,
      place: roomPlace(name, view),
      joined: false,
      members: new Map(),
      own: new Set(),
      topic: '',
      topicBy: undefined,
      topicAt: undefined,
      modes: newChannelModes(),
    };
    rooms.set(key, room);
    return { drafts: [], self: { change: 'entering', room: key } };
  }
  const room = rooms.get(key);
  const member = room && isRoomFor(rooms) ? add(room, line.nick, '', view) : undefined;
  if (member) describe(member, line, view);
  // One of ours comes with a list of its own, once it is in.
  if (!room?.joined || !member || member.account !== undefined || !view.isPrimary(key)) return NOTHING;
  return { drafts: [change(line, room, view, { change: 'join', who: occupant(member, view, room) })] };
}

/** What a JOIN tells of who comes, with extended-join (https://ircv3.net/specs/extensions/extended-join) of their account, too. */
function describe(member: ChannelMember, { ident, hostname, params, tags }: Line, { caps }: ServerView): void {
  const mask = maskOf(ident, hostname);
  if (mask) member.mask = mask;
  member.login = accountOf(caps.has('extended-join') ? params[1] : tags.account);
  if (BOT_TAGS.some((name) => name in tags)) member.bot = true;
}

/** What bots' lines are marked by (https://ircv3.net/specs/extensions/bot-mode). */
const BOT_TAGS = ['bot', 'draft/bot'] as const;

function isRoomFor(rooms: Channels): boolean {
  let people = 0;
  for (const { members } of rooms.values()) people += members.size;
  return people < PEOPLE_LIMIT;
}

type Departure = {
  channel: string | undefined;
  nick: string;
  change: 'leave' | 'kick';
  reason: string | undefined;
  by?: string;
};

function depart(
  rooms: Channels,
  line: Line,
  view: ServerView,
  { channel, nick, change: kind, reason, by }: Departure,
): ChannelStep {
  const key = view.fold(channel ?? '');
  const room = rooms.get(key);
  if (!room) return NOTHING;
  const self = isSelf(nick, view);
  const member = remove(room, nick, view);
  if (self) rooms.delete(key);
  // Whoever is kicked behind a ban on them was banned (XEP-0045 §9.1).
  const banned =
    kind === 'kick' &&
    member !== undefined &&
    isBanned(room.modes, self && view.mask ? { ...member, mask: view.mask } : member, view.isupport);
  // One of ours tells of its own going itself, exactly once; the primary connection tells of all others.
  const mine = self ? room.joined : view.isPrimary(key) && member?.account === undefined;
  const drafts =
    member && mine
      ? [
          change(line, room, view, {
            change: banned ? 'ban' : kind,
            who: occupant(member, view, room),
            ...said(reason),
            ...(by === undefined ? {} : { by }),
          }),
        ]
      : [];
  return self ? { drafts, self: { change: 'left', room: key } } : { drafts };
}

function quit(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  if (isSelf(line.nick, view)) return NOTHING;
  const drafts: Draft[] = [];
  for (const [key, room] of rooms) {
    const member = remove(room, line.nick, view);
    if (!member) continue;
    if (!room.joined || !view.isPrimary(key)) continue;
    // One of ours that has lost its line will be back.
    const { account: _, ...who } = occupant(member, view, room);
    drafts.push(change(line, room, view, { change: 'leave', who, ...said(line.params[0]) }));
  }
  return { drafts };
}

function rename(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const nick = line.params[0] ?? '';
  if (!isName(nick)) return NOTHING;
  const drafts: Draft[] = [];
  const self = isSelf(line.nick, view);
  for (const [key, room] of rooms) {
    const member = room.members.get(view.fold(line.nick));
    if (!member) continue;
    const who = occupant(member, view, room);
    room.members.delete(view.fold(line.nick));
    member.nick = nick;
    room.members.set(view.fold(nick), member);
    if (member.account !== undefined) room.nicks = undefined;
    const mine = self || (member.account === undefined && view.isPrimary(key));
    if (room.joined && mine)
      drafts.push(change(line, room, view, { change: 'rename', who, newId: view.id(nick), nick }));
  }
  return { drafts };
}

function mode(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const room = rooms.get(view.fold(line.params[0] ?? ''));
  if (!room) return NOTHING;
  const changes = parseModes(line.params.slice(1), view.isupport);
  const all = changes.some((one) => concernsAll(one, room, view));
  const touched = applyModes(room, changes, all, view);
  const drafts = [...changedRoles(touched, line, room, view), ...modeTold(line, room, view)];
  return all && isCrowded(room) ? { drafts, relist: view.fold(room.name) } : { drafts };
}

/** Whether what those without a letter may do depends on a change. */
const concernsAll = ({ mode: letter, set }: ModeChange, { modes }: Channel, { isupport }: ServerView): boolean =>
  letter === 'm' ? set !== modes.set.has('m') : letter === 'q' && hasQuiets(isupport);

/** The room says which modes were changed, by whom; it is no part of its history. */
function modeTold(line: Line, { joined, name, place }: Channel, view: ServerView): Draft[] {
  const modes = stripFormatting(line.params.slice(1).join(' ')).trim();
  if (!joined || modes === '' || !view.isPrimary(view.fold(name))) return [];
  const text = texts.modeChanged(name, modes, line.nick || line.prefix).en;
  const from = { kind: 'network', id: '' } as const;
  return [{ kind: 'message', place, from, ...stamp(line, view), hints: { store: false }, text, style: 'plain' }];
}

/** Something else is known of somebody: lists of masks may mean them now, or not any more. */
function describedAnew(
  rooms: Channels,
  line: Line,
  view: ServerView,
  describe: (member: ChannelMember) => void,
): ChannelStep {
  const drafts: Draft[] = [];
  for (const room of rooms.values()) {
    const member = room.members.get(view.fold(line.nick));
    if (!member) continue;
    const touched = new Map([[member, occupant(member, view, room)]]);
    describe(member);
    drafts.push(...changedRoles(touched, line, room, view));
  }
  return { drafts };
}

/** The server has told who they are that are in a channel: those who are away are shown so where it tells of that later, too. */
export function seenMembers(room: Channel, rows: readonly MemberRow[], view: ServerView): Draft[] {
  const { place } = room;
  const tellsAway = view.caps.has('away-notify');
  return rows.flatMap(({ nick, mask, login, away, bot }): Draft[] => {
    const member = room.members.get(view.fold(nick));
    if (!member) return [];
    Object.assign(member, { mask, login });
    const from = { kind: 'network', id: view.id(member.nick), name: member.nick } as const;
    const shown: Draft[] =
      tellsAway && away && !isSelf(nick, view) ? [{ kind: 'presence', place, from, show: 'away' }] : [];
    if (!bot || member.bot) return shown;
    member.bot = true;
    return [{ kind: 'occupant', place, from, change: 'role', who: occupant(member, view, room) }, ...shown];
  });
}

/** Those of the touched whose standing is another now, or who come from elsewhere; by whom is said of a MODE. */
function changedRoles(
  touched: ReadonlyMap<ChannelMember, Occupant>,
  line: Line,
  room: Channel,
  view: ServerView,
): Draft[] {
  if (!room.joined || touched.size === 0 || !view.isPrimary(view.fold(room.name))) return [];
  const drafts: Draft[] = [];
  for (const [member, before] of touched) {
    const who = occupant(member, view, room);
    if (who.affiliation === before.affiliation && who.role === before.role && who.host === before.host) continue;
    const by = line.command === 'MODE' && { by: line.nick || line.prefix };
    drafts.push(change(line, room, view, { change: 'role', who, ...by }));
  }
  return drafts;
}

/** Carries mode changes out, and tells whom they may have touched, as they were before. */
function applyModes(
  room: Channel,
  changes: readonly ModeChange[],
  all: boolean,
  view: ServerView,
): Map<ChannelMember, Occupant> {
  const touched = all ? voiceless(room, view) : new Map();
  const touch = (member: ChannelMember) => touched.has(member) || touched.set(member, occupant(member, view, room));
  for (const one of changes) {
    stepChannelModes(room.modes, one, view.isupport);
    if (/^[sp]$/.test(one.mode)) room.secret = one.set;
    const named = view.isupport.prefixModes.includes(one.mode);
    const member = named ? room.members.get(view.fold(one.param ?? '')) : undefined;
    if (!member) continue;
    touch(member);
    member.modes = withMode(member.modes, one);
  }
  return touched;
}

const voiceless = (room: Channel, view: ServerView): Map<ChannelMember, Occupant> =>
  new Map(
    (isCrowded(room) ? [] : [...room.members.values()])
      .filter(({ modes }) => modes === '')
      .map((member) => [member, occupant(member, view, room)]),
  );

/** RFC 2812 §5.1: 324 lists all modes of a channel. */
function channelModes(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const room = rooms.get(view.fold(line.params[1] ?? ''));
  if (!room) return NOTHING;
  const touched = voiceless(room, view);
  const before = room.modes.set.has('m');
  learnChannelModes(room.modes, parseModes(line.params.slice(2), view.isupport), view.isupport);
  room.secret = room.modes.set.has('s') || room.modes.set.has('p');
  const drafts = changedRoles(touched, line, room, view);
  const all = room.modes.set.has('m') !== before && isCrowded(room);
  return all ? { drafts, relist: view.fold(room.name) } : { drafts };
}

function topic(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const key = view.fold(line.params[0] ?? '');
  const room = rooms.get(key);
  const text = line.params[1];
  if (!room || text === undefined) return NOTHING;
  noteTopic(room, text);
  room.topicBy = line.nick || line.prefix;
  room.topicAt = stamp(line, view).at;
  if (!room.joined || !view.isPrimary(key)) return NOTHING;
  return {
    drafts: [
      {
        kind: 'topic',
        place: room.place,
        from: sender(line, view),
        ...stamp(line, view),
        text: room.topic,
        by: room.topicBy,
        ...(room.topicAt === undefined ? {} : { setAt: room.topicAt }),
      },
    ],
  };
}

function noteTopic(room: Channel | undefined, text: string): ChannelStep {
  if (room) room.topic = stripFormatting(text);
  return NOTHING;
}

// 333 is of no RFC: <nick> <channel> <setter> <seconds since 1970>, the setter with or without a mask.
function topicAuthor(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const room = rooms.get(view.fold(line.params[1] ?? ''));
  const [by = ''] = (line.params[2] ?? '').split('!');
  const seconds = Number(line.params[3]);
  if (!room || !isName(by)) return NOTHING;
  room.topicBy = by;
  room.topicAt = seconds > 0 ? byOurClock(seconds * 1000, view) : undefined;
  return NOTHING;
}

function names(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const room = rooms.get(view.fold(line.params.at(-2) ?? ''));
  if (!room || room.joined || line.params.length < 3 || !isRoomFor(rooms)) return NOTHING;
  // RFC 2812 §5.1: 353 tells `@` of a secret channel, `*` of a private one.
  room.secret = /^[@*]$/.test(line.params.at(-3) ?? '');
  for (const entry of (line.params.at(-1) ?? '').split(' ')) {
    const { modes, nick, mask } = splitNamesEntry(entry, view.isupport);
    const member = add(room, nick, modes, view);
    if (member && mask && mask.length <= NAME_LIMIT) member.mask = mask;
  }
  return NOTHING;
}

function namesEnd(rooms: Channels, line: Line, view: ServerView): ChannelStep {
  const key = view.fold(line.params[1] ?? '');
  const room = rooms.get(key);
  if (!room || room.joined) return NOTHING;
  room.joined = true;
  if (!room.members.has(view.fold(view.nick))) add(room, view.nick, '', view);
  return { drafts: snapshot(room, view), self: { change: 'joined', room: key } };
}

const said = (reason: string | undefined): { reason?: string } => {
  const text = stripFormatting(reason ?? '').trim();
  return text === '' ? {} : { reason: text };
};

type Changed = Omit<Extract<Draft, { kind: 'occupant' }>, 'kind' | 'place' | 'from'>;

const change = (line: Line, room: Channel, view: ServerView, what: Changed): Draft => ({
  kind: 'occupant',
  place: room.place,
  from: sender(line, view),
  ...stamp(line, view),
  ...what,
});
