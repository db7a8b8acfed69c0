import { stripFormatting } from '#mappings/formatting.ts';
import type { Draft } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import { isSelf } from './decode.ts';
import { roomPlace, sender, stamp } from './drafts.ts';
import { parseModes, splitNamesEntry, withMode } from './modes.ts';
import { foldName, isName } from './names.ts';
import { add, type Member, occupant, type Room, type Rooms, remove, snapshot } from './roster.ts';
import type { Line, View } from './view.ts';

/** Channels that one connection may be in. */
const ROOM_LIMIT = 500;

/** What a step brings: drafts in order, and what became of our own stay in a channel. */
export type Step = {
  readonly drafts: Draft[];
  readonly self?: { readonly change: 'joined' | 'left' | 'entering'; readonly room: string };
};

const NOTHING: Step = { drafts: [] };

const steps: Readonly<Record<string, (rooms: Rooms, line: Line, view: View) => Step>> = {
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
  MODE: mode,
  TOPIC: topic,
  '331': (rooms, line) => noteTopic(rooms.get(foldName(line.params[1] ?? '')), ''),
  '332': (rooms, line) => noteTopic(rooms.get(foldName(line.params[1] ?? '')), line.params.at(-1) ?? ''),
  '333': topicAuthor,
  '353': names,
  '366': namesEnd,
};

/** Whether a command is one of those that change what is known of channels. */
export const isRoomCommand = (command: string): boolean => Object.hasOwn(steps, command);

/** Takes a line in. Short or senseless lines change nothing. Never throws. */
export function stepRooms(rooms: Rooms, line: Line, view: View): Step {
  return (isRoomCommand(line.command) ? steps[line.command]?.(rooms, line, view) : undefined) ?? NOTHING;
}

function join(rooms: Rooms, line: Line, view: View): Step {
  const name = line.params[0] ?? '';
  const key = foldName(name);
  if (!isName(name) || !isName(line.nick)) return NOTHING;
  if (isSelf(line.nick, view)) {
    if (rooms.size >= ROOM_LIMIT && !rooms.has(key)) return NOTHING;
    const room: Room = {
      name,
      joined: false,
      members: new Map(),
      own: new Set(),
      topic: '',
      topicBy: undefined,
      topicAt: undefined,
    };
    rooms.set(key, room);
    return { drafts: [], self: { change: 'entering', room: key } };
  }
  const room = rooms.get(key);
  const member = room && add(room, line.nick, '', view);
  // One of ours comes with a list of its own, once it is in.
  if (!room?.joined || !member || member.account !== undefined || !view.feeds(key)) return NOTHING;
  return { drafts: [change(line, room, view, { change: 'join', who: occupant(member, view) })] };
}

type Departure = {
  channel: string | undefined;
  nick: string;
  change: 'leave' | 'kick';
  reason: string | undefined;
  by?: string;
};

function depart(rooms: Rooms, line: Line, view: View, { channel, nick, change: kind, reason, by }: Departure): Step {
  const key = foldName(channel ?? '');
  const room = rooms.get(key);
  if (!room) return NOTHING;
  const self = isSelf(nick, view);
  const member = remove(room, nick);
  if (self) rooms.delete(key);
  // One of ours tells of its own going itself, exactly once; the feed tells of all others.
  const mine = self ? room.joined : view.feeds(key) && member?.account === undefined;
  const drafts =
    member && mine
      ? [
          change(line, room, view, {
            change: kind,
            who: occupant(member, view),
            ...said(reason),
            ...(by === undefined ? {} : { by }),
          }),
        ]
      : [];
  return self ? { drafts, self: { change: 'left', room: key } } : { drafts };
}

function quit(rooms: Rooms, line: Line, view: View): Step {
  if (isSelf(line.nick, view)) return NOTHING;
  const drafts: Draft[] = [];
  for (const [key, room] of rooms) {
    const member = remove(room, line.nick);
    if (!member) continue;
    if (!room.joined || !view.feeds(key)) continue;
    // One of ours that has lost its line will be back.
    const { account: _, ...who } = occupant(member, view);
    drafts.push(change(line, room, view, { change: 'leave', who, ...said(line.params[0]) }));
  }
  return { drafts };
}

function rename(rooms: Rooms, line: Line, view: View): Step {
  const nick = line.params[0] ?? '';
  if (!isName(nick)) return NOTHING;
  const drafts: Draft[] = [];
  const self = isSelf(line.nick, view);
  for (const [key, room] of rooms) {
    const member = room.members.get(foldName(line.nick));
    if (!member) continue;
    const who = occupant(member, view);
    room.members.delete(foldName(line.nick));
    member.nick = nick;
    room.members.set(foldName(nick), member);
    const mine = self || (member.account === undefined && view.feeds(key));
    if (room.joined && mine)
      drafts.push(change(line, room, view, { change: 'rename', who, newId: foldName(nick), nick }));
  }
  return { drafts };
}

function mode(rooms: Rooms, line: Line, view: View): Step {
  const key = foldName(line.params[0] ?? '');
  const room = rooms.get(key);
  if (!room) return NOTHING;
  const touched = new Map<Member, Occupant>();
  for (const one of parseModes(line.params.slice(1), view.isupport)) {
    const member = view.isupport.prefixModes.includes(one.mode)
      ? room.members.get(foldName(one.param ?? ''))
      : undefined;
    if (!member) continue;
    if (!touched.has(member)) touched.set(member, occupant(member, view));
    member.modes = withMode(member.modes, one);
  }
  if (!room.joined || touched.size === 0 || !view.feeds(key)) return NOTHING;
  const drafts: Draft[] = [];
  for (const [member, before] of touched) {
    const who = occupant(member, view);
    if (who.affiliation === before.affiliation && who.role === before.role) continue;
    drafts.push(change(line, room, view, { change: 'role', who, by: line.nick || line.prefix }));
  }
  return { drafts };
}

function topic(rooms: Rooms, line: Line, view: View): Step {
  const key = foldName(line.params[0] ?? '');
  const room = rooms.get(key);
  const text = line.params[1];
  if (!room || text === undefined) return NOTHING;
  noteTopic(room, text);
  room.topicBy = line.nick || line.prefix;
  room.topicAt = stamp(line).at;
  if (!room.joined || !view.feeds(key)) return NOTHING;
  return {
    drafts: [
      {
        kind: 'topic',
        place: roomPlace(room.name, view),
        from: sender(line),
        ...stamp(line),
        text: room.topic,
        by: room.topicBy,
        ...(room.topicAt === undefined ? {} : { setAt: room.topicAt }),
      },
    ],
  };
}

function noteTopic(room: Room | undefined, text: string): Step {
  if (room) room.topic = stripFormatting(text);
  return NOTHING;
}

// 333 is of no RFC: <nick> <channel> <setter> <seconds since 1970>, the setter with or without a mask.
function topicAuthor(rooms: Rooms, line: Line): Step {
  const room = rooms.get(foldName(line.params[1] ?? ''));
  const [by = ''] = (line.params[2] ?? '').split('!');
  const at = Number(line.params[3]);
  if (!room || !isName(by)) return NOTHING;
  room.topicBy = by;
  room.topicAt = Number.isSafeInteger(at) && at > 0 && at < 1e11 ? at * 1000 : undefined;
  return NOTHING;
}

function names(rooms: Rooms, line: Line, view: View): Step {
  const room = rooms.get(foldName(line.params.at(-2) ?? ''));
  if (!room || room.joined || line.params.length < 3) return NOTHING;
  for (const entry of (line.params.at(-1) ?? '').split(' ')) {
    const { modes, nick } = splitNamesEntry(entry, view.isupport);
    add(room, nick, modes, view);
  }
  return NOTHING;
}

function namesEnd(rooms: Rooms, line: Line, view: View): Step {
  const key = foldName(line.params[1] ?? '');
  const room = rooms.get(key);
  if (!room || room.joined) return NOTHING;
  room.joined = true;
  if (!room.members.has(foldName(view.nick))) add(room, view.nick, '', view);
  return { drafts: snapshot(room, view), self: { change: 'joined', room: key } };
}

const said = (reason: string | undefined): { reason?: string } => {
  const text = stripFormatting(reason ?? '').trim();
  return text === '' ? {} : { reason: text };
};

type Changed = Omit<Extract<Draft, { kind: 'occupant' }>, 'kind' | 'place' | 'from'>;

const change = (line: Line, room: Room, view: View, what: Changed): Draft => ({
  kind: 'occupant',
  place: roomPlace(room.name, view),
  from: sender(line),
  ...stamp(line),
  ...what,
});
