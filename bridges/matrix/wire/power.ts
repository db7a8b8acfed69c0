import type { Rank } from '#mappings/roles.ts';
import type { Affiliation, Role } from '#src/model/party.ts';
import { type Json, listOf, numberOf, objectOf, textOf, textsOf } from './event.ts';

/** Who may do what in a room (§10.5): its `m.room.power_levels`, and its creators. */
export type PowerLevels = {
  readonly users: Json;
  readonly usersDefault: number;
  readonly eventsDefault: number;
  readonly stateDefault: number;
  readonly events: Json;
  readonly kick: number;
  readonly ban: number;
  readonly redact: number;
  readonly invite: number;
  /** What it takes to call everybody by `@room`. */
  readonly all: number;
  /** Those who stand above all levels, from room version 12 on. */
  readonly creators: readonly string[];
};

/** A level: rooms before version 10 may have it as text (§10.5.7). */
const levelIn = (value: unknown): number | undefined =>
  numberOf(typeof value === 'string' && /^\s*[-+]?\d{1,16}\s*$/.test(value) ? Number(value) : value);

/** Room versions in which creators are not named in the levels. */
const standsAbove = (version: string | undefined): boolean => Number(version ?? '1') >= 12;

/** Reads the levels. `create` is the room's `m.room.create` and who sent it. Defaults are those of §10.5.7. */
export function readLevels(
  levels: Json | undefined,
  create?: { readonly sender: string; readonly content: Json },
): PowerLevels {
  const above = create && standsAbove(textOf(create.content.room_version));
  const creators = above ? [create.sender, ...textsOf(listOf(create.content.additional_creators))] : [];
  const given = levels ?? {};
  // Where there are no levels at all, whoever made the room has 100.
  const users = levels ? objectOf(given.users) : create && !above ? { [create.sender]: 100 } : {};
  const level = (name: string, fallback: number): number => levelIn(given[name]) ?? fallback;
  return {
    users,
    usersDefault: level('users_default', 0),
    eventsDefault: level('events_default', 0),
    stateDefault: level('state_default', levels ? 50 : 0),
    events: objectOf(given.events),
    kick: level('kick', 50),
    ban: level('ban', 50),
    redact: level('redact', 50),
    invite: level('invite', 0),
    all: levelIn(objectOf(given.notifications).room) ?? 50,
    creators,
  };
}

/** The level of a user. Creators of rooms of version 12 are above everybody. */
export const levelOf = (levels: PowerLevels, user: string): number =>
  levels.creators.includes(user)
    ? Number.POSITIVE_INFINITY
    : ((Object.hasOwn(levels.users, user) ? levelIn(levels.users[user]) : undefined) ?? levels.usersDefault);

/** What it takes to send events of a type. */
export const neededFor = (levels: PowerLevels, type: string, state = false): number =>
  (Object.hasOwn(levels.events, type) ? levelIn(levels.events[type]) : undefined) ??
  (state ? levels.stateDefault : levels.eventsDefault);

/** The level of an owner, as clients call it an administrator. */
const OWNER = 100;
/** What it takes to keep order. */
const ADMIN = 50;

/** Whether a user decides who may come in: somebody who keeps order, and may invite. */
export const keepsDoor = (levels: PowerLevels, user: string): boolean =>
  levelOf(levels, user) >= Math.max(levels.invite, Math.min(levels.kick, levels.ban));

/** Whether a user may set a state of the room. */
export const maySet = (levels: PowerLevels, user: string, type: string): boolean =>
  levelOf(levels, user) >= neededFor(levels, type, true);

/** Whether a user may call everybody in the room (§11.13). */
export const callsAll = (levels: PowerLevels, user: string): boolean => levelOf(levels, user) >= levels.all;

/** What the power of a user is in the words of XEP-0045 §5. */
export function rankOf(levels: PowerLevels, user: string): Rank {
  const level = levelOf(levels, user);
  if (level >= OWNER) return { affiliation: 'owner', role: 'moderator' };
  if (level >= ADMIN) return { affiliation: 'admin', role: 'moderator' };
  if (level >= Math.min(levels.kick, levels.ban)) return { affiliation: 'member', role: 'moderator' };
  // XEP-0045 §5.1.1: who may be heard; the others have no voice.
  if (level < neededFor(levels, 'm.room.message')) return { affiliation: 'none', role: 'visitor' };
  return { affiliation: level > levels.usersDefault ? 'member' : 'none', role: 'participant' };
}

/** The level that an affiliation or a role stands for in a room; nothing for those that are no levels. */
export function levelFor(
  levels: PowerLevels,
  rank: { readonly affiliation?: Affiliation; readonly role?: Role },
): number | undefined {
  const { affiliation, role } = rank;
  if (affiliation === 'owner') return OWNER;
  if (affiliation === 'admin' || role === 'moderator') return Math.max(ADMIN, levels.kick);
  const voice = neededFor(levels, 'm.room.message');
  if (affiliation === 'member' || role === 'participant') return Math.max(voice, levels.usersDefault);
  if (role === 'visitor') return Math.min(voice - 1, levels.usersDefault);
  return affiliation === 'none' ? levels.usersDefault : undefined;
}

/** The content of a room's levels as it is to be changed: where there is none yet, whoever has made the room stays who decides. */
export const contentOf = (levels: PowerLevels, content: Json | undefined): Json => content ?? { users: levels.users };

/** The content of levels in which a user has another one. */
export const withLevel = (content: Json, user: string, level: number): Json => {
  const { [user]: _, ...others } = objectOf(content.users);
  const isDefault = level === (levelIn(content.users_default) ?? 0);
  return { ...content, users: isDefault ? others : { ...others, [user]: level } };
};
