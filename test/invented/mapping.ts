import { filesAsLinks } from '#mappings/rungs.ts';
import type { Capabilities, Durability, Level, Levels, NetworkMapping } from '#src/model/capabilities.ts';
import type { EventKind } from '#src/model/event.ts';

const KINDS: readonly EventKind[] = [
  ...(['message', 'edit', 'retract', 'reaction', 'receipt', 'typing', 'attention', 'call', 'presence'] as const),
  ...(['profile', 'contact', 'nick', 'occupant', 'occupants', 'affiliation', 'topic', 'invite', 'room'] as const),
];

const all = <T>(value: T, ...without: EventKind[]): Partial<Record<EventKind, T>> =>
  Object.fromEntries(KINDS.filter((kind) => !without.includes(kind)).map((kind) => [kind, value]));

// What is gone a moment later is not worth a row.
const journaled = { ...all<Durability>('journal', 'typing', 'presence', 'occupants'), marker: 'journal' } as const;

/** What a message can have beside its text. Forms are what pigeons cannot carry. */
const parts: Levels = {
  reply: 'full',
  spoiler: 'full',
  subject: 'full',
  thread: 'full',
  mention: 'full',
  action: 'full',
  notice: 'full',
  marker: 'full',
};

const places = { contact: journaled, room: journaled, shared: journaled, realm: journaled };

/** What pigeons carry: everything. `occupants` is only ever told, and a new nick is told as a rename. */
export const facts: Capabilities = {
  out: { ...all<Level>('full', 'occupants'), ...parts },
  in: { ...all<Level>('full', 'nick'), ...parts },
  text: { format: 'plain', unit: 'characters', size: 10_000, pieces: 1, lines: true },
  files: { image: 'full', audio: 'full', video: 'full', other: 'full' },
  shows: ['available', 'chat', 'away', 'xa', 'dnd', 'offline'],
  idle: true,
  identity: 'own',
  rooms: 'room',
  extras: ['people', 'rooms', 'hats', 'pictures'],
  confirms: 'taken',
  losses: 'each',
  durability: { out: places, in: places },
};

/** The table of the invented network; nothing has to become anything else on it but files that are too large. */
export const pigeon: NetworkMapping = {
  facts,
  policy: { out: { file: { default: 'link', link: filesAsLinks } }, in: {} },
};

/** The same network where whoever has logged in is there by themselves, and everybody else as a guest. */
export const bothPigeon: NetworkMapping = { ...pigeon, facts: { ...facts, identity: 'both', rooms: 'shared' } };

/** The same where all are guests. */
export const ghostPigeon: NetworkMapping = { ...pigeon, facts: { ...facts, identity: 'operator', rooms: 'shared' } };

/** The same network with rooms that are one for all accounts. */
export const sharedPigeon: NetworkMapping = { ...pigeon, facts: { ...facts, rooms: 'shared' } };

/** The same where few peers read markers: nobody is asked for one. */
export const shyPigeon: NetworkMapping = { ...pigeon, facts: { ...facts, unasked: ['marker'] } };
