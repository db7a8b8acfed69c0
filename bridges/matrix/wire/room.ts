import { cleanName } from '#mappings/names.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { RoomTrait } from '#src/model/query.ts';
import { type OtherBridge, otherBridge } from './bridge-info.ts';
import { type Json, objectOf, type RoomEvent, textOf } from './event.ts';
import { isId, LONGEST_ID, nameOf } from './ids.ts';
import { neededFor, type PowerLevels, rankOf, readLevels } from './power.ts';

/** Somebody who is, or was, in a room: `nick` is theirs alone there, and stays while they are. */
export type RoomMember = {
  readonly user: string;
  membership: string;
  name: string | undefined;
  avatar: string | undefined;
  nick: string;
  /** The nick is what XMPP asked for: the display name says nothing of it. */
  chosen?: boolean;
};

/** What is known of a room. Its state is changed in place, by `applyState`; it belongs to one client. */
export type MatrixRoom = {
  readonly id: string;
  create: { readonly sender: string; readonly content: Json } | undefined;
  levelContent: Json | undefined;
  levels: PowerLevels;
  name: string | undefined;
  alias: string | undefined;
  topic: { readonly text: string; readonly by: string; readonly at: number } | undefined;
  avatar: string | undefined;
  encrypted: boolean;
  /** The content of its `m.room.encryption`. */
  encryption?: Json;
  joinRule: string;
  historyVisibility: string;
  /** The room that has taken its place. */
  successor: string | undefined;
  /** Who has said so. */
  succeededBy?: string;
  /** Other bridges to XMPP that it has, by type and key of the state that says so. */
  otherBridges?: Map<string, OtherBridge>;
  readonly members: Map<string, RoomMember>;
  /** Who has which nick, folded. */
  readonly nicks: Map<string, string>;
};

/** A room of which nothing is known. */
export const emptyRoom = (id: string): MatrixRoom => ({
  id,
  create: undefined,
  levelContent: undefined,
  levels: readLevels(undefined),
  name: undefined,
  alias: undefined,
  topic: undefined,
  avatar: undefined,
  encrypted: false,
  joinRule: 'invite',
  historyVisibility: 'shared',
  successor: undefined,
  members: new Map(),
  nicks: new Map(),
});

type StateStep = (room: MatrixRoom, content: Json, event: RoomEvent) => void;

const relevel = (room: MatrixRoom): void => {
  room.levels = readLevels(room.levelContent, room.create);
};

/** What each type of state says of a room; types that are not named change nothing that we know. */
const STEPS: Readonly<Record<string, StateStep>> = {
  'm.room.create'(room, content, { sender }) {
    room.create = { sender, content };
    relevel(room);
  },
  'm.room.power_levels'(room, content) {
    room.levelContent = content;
    relevel(room);
  },
  'm.room.name': (room, { name }) => {
    room.name = cleanName(textOf(name) ?? '', 128) || undefined;
  },
  'm.room.canonical_alias': (room, { alias }) => {
    const text = textOf(alias) ?? '';
    room.alias = text.startsWith('#') && isId(text) ? text : undefined;
  },
  'm.room.topic': (room, { topic }, { sender, at }) => {
    const text = textOf(topic) ?? '';
    room.topic = text === '' && !room.topic ? undefined : { text, by: sender, at };
  },
  'm.room.avatar': (room, { url }) => {
    room.avatar = textOf(url);
  },
  // §11.11.1: it cannot be taken back.
  'm.room.encryption': (room, content) => {
    room.encrypted = true;
    room.encryption = content;
  },
  'm.room.join_rules': (room, { join_rule }) => {
    room.joinRule = textOf(join_rule) ?? 'invite';
  },
  'm.room.history_visibility': (room, { history_visibility }) => {
    room.historyVisibility = textOf(history_visibility) ?? 'shared';
  },
  'm.room.tombstone': (room, { replacement_room }, { sender }) => {
    room.successor = textOf(replacement_room);
    room.succeededBy = sender;
  },
};

/** Takes a state event of the room in. What it says of a member is kept as well; nobody is told anything here. */
export function applyState(room: MatrixRoom, event: RoomEvent): void {
  const { type, stateKey, content } = event;
  if (stateKey === undefined) return;
  if (type === 'm.room.member') return applyMember(room, stateKey, content);
  if (stateKey === '' && Object.hasOwn(STEPS, type)) return STEPS[type]?.(room, content, event);
  const other = otherBridge(event);
  if (other) room.otherBridges = (room.otherBridges ?? new Map()).set(`${type} ${stateKey}`, other);
  else room.otherBridges?.delete(`${type} ${stateKey}`);
}

/** §11.2.1.1; whatever else a server says of somebody is nothing. */
const MEMBERSHIPS: ReadonlySet<string> = new Set(['invite', 'join', 'knock', 'leave', 'ban']);

function applyMember(room: MatrixRoom, user: string, content: Json): void {
  const membership = textOf(content.membership) ?? '';
  if (!MEMBERSHIPS.has(membership)) return;
  const known = room.members.get(user);
  const name = cleanName(textOf(content.displayname) ?? '') || undefined;
  const avatar = textOf(content.avatar_url);
  if (membership !== 'join') {
    if (known) room.nicks.delete(fold(known.nick));
    if (membership === 'leave') room.members.delete(user);
    else room.members.set(user, { user, membership, name: name ?? known?.name, avatar, nick: known?.nick ?? '' });
    return;
  }
  const stays = known?.membership === 'join' && (known.chosen || known.name === name);
  if (known && !stays) room.nicks.delete(fold(known.nick));
  const nick = stays ? known.nick : freeNick(room, user, name);
  room.nicks.set(fold(nick), user);
  room.members.set(user, { user, membership, name, avatar, nick, ...(stays && known.chosen && { chosen: true }) });
}

/** Gives somebody who is in the room a nick of their choice, or the nearest that is free. */
export function chooseNick(room: MatrixRoom, user: string, wanted: string): string | undefined {
  const member = room.members.get(user);
  if (member?.membership !== 'join') return undefined;
  room.nicks.delete(fold(member.nick));
  member.nick = freeNick(room, user, cleanName(wanted) || undefined);
  member.chosen = true;
  room.nicks.set(fold(member.nick), user);
  return member.nick;
}

/** Nicks that differ by their case alone look like one. */
const fold = (nick: string): string => nick.normalize('NFKC').toLowerCase();

/** The display name where nobody else has it, else with what tells them apart: names repeat on Matrix, nicks do not. */
function freeNick(room: MatrixRoom, user: string, name: string | undefined): string {
  const local = cleanName(nameOf(user)) || user;
  const first = name ?? local;
  const wanted = [first, `${first} (${local})`, `${first} (${user})`];
  const free = (nick: string): boolean => (room.nicks.get(fold(nick)) ?? user) === user;
  const found = wanted.find(free);
  if (found !== undefined) return found;
  // Others may be called like an id.
  let number = 2;
  while (!free(`${first} (${user}) ${number}`)) number += 1;
  return `${first} (${user}) ${number}`;
}

/** Those who are in the room. */
export const joined = (room: MatrixRoom): readonly RoomMember[] =>
  [...room.members.values()].filter(({ membership }) => membership === 'join');

/** Those who may read what is said in the room now (§11.7): whoever is invited reads nothing yet where only members may. */
export const readersOf = (room: MatrixRoom): readonly string[] =>
  [...room.members.values()].flatMap(({ user, membership: is }) =>
    is === 'join' || (is === 'invite' && room.historyVisibility !== 'joined') ? [user] : [],
  );

/** Whether somebody is in the room. */
export const isJoined = (room: MatrixRoom, user: string): boolean => room.members.get(user)?.membership === 'join';

/** The nick of somebody who is in the room. */
export const nickOf = (room: MatrixRoom, user: string): string | undefined => {
  const nick = room.members.get(user)?.nick;
  return nick === '' ? undefined : nick;
};

/** Who has a nick. */
export const userOf = (room: MatrixRoom, nick: string): string | undefined => room.nicks.get(fold(nick));

/** A member as the rest of the house sees them. `ours` knows the accounts of ghosts. */
export function occupantOf(
  room: MatrixRoom,
  { user, nick }: Pick<RoomMember, 'user' | 'nick'>,
  ours: (user: string) => AccountKey | undefined,
): Occupant {
  const account = ours(user);
  return { id: user, nick, ...rankOf(room.levels, user), ...(account && { account }) };
}

/** What a room is called: its name, else its alias, else those who are in it (§13.2.2.5), else its id. */
export function titleOf(room: MatrixRoom, without: (user: string) => boolean = () => false): string {
  if (room.name !== undefined) return room.name;
  if (room.alias !== undefined) return cleanName(room.alias, LONGEST_ID);
  const others = joined(room).filter(({ user }) => !without(user));
  const names = others.slice(0, 3).map(({ nick }) => nick);
  if (names.length === 0) return room.id;
  return others.length > names.length ? `${names.join(', ')} +${others.length - names.length}` : names.join(', ');
}

/** What is known of how a room is kept. */
export function traitsOf(room: MatrixRoom): RoomTrait[] {
  const moderated = neededFor(room.levels, 'm.room.message') > room.levels.usersDefault;
  return [
    ...(room.joinRule === 'public' ? [] : (['members-only'] as const)),
    ...(moderated ? (['moderated'] as const) : []),
  ];
}

/** Whether it is a list of other rooms (§11.34). */
export const isSpace = (room: MatrixRoom): boolean => objectOf(room.create?.content).type === 'm.space';
