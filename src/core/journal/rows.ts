import { createHash } from 'node:crypto';
import type { Session } from '#src/bridge.ts';
import type { Linked } from '#src/core/ids.ts';
import type { Marks, Origin, Recipient } from '#src/core/index.ts';
import type { Footing } from '#src/core/standing.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { WhoseIdentity } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Journaled, NewRow, Store } from '#src/store/index.ts';
import type { Life } from './life.ts';

/** What a row holds, and towards which side. */
export type Owed =
  /** `identity`: by whose it was sent, where there are both. It goes out by no other, whatever the account is later. */
  | { readonly way: 'out'; readonly event: Event; readonly identity?: WhoseIdentity }
  | { readonly way: 'in'; readonly event: Event; readonly to: readonly Recipient[]; readonly marks?: Marks }
  | { readonly way: 'receipt'; readonly place: Place; readonly origin: Origin }
  | { readonly way: 'error'; readonly place: Place; readonly origin: Origin; readonly failure: FailureNote };

/** A row that is new, with what it says: whoever has it in hand need not read that again. */
export type FreshRow = NewRow & {
  readonly owed: Owed;
  readonly piece?: Piece | undefined;
  readonly held?: Held | undefined;
};

/** A failure in a form that can be kept. */
export type FailureNote = {
  readonly code: FailureCode;
  /** Absent where it is the one of the table. */
  readonly text?: Words | undefined;
  readonly foreign?: string | undefined;
  readonly address?: string | undefined;
};

/**
 * The stanza that a piece came from: which piece it is, of how many, under which name all of them go. `failure` is what its
 * sender was told, once the piece has failed.
 */
export type Piece = {
  readonly origin: Origin;
  readonly lead: boolean;
  readonly group: string;
  readonly parts: number;
  /** What was said in a room, where that is not what goes to the network. */
  readonly said?: Draft;
  readonly failure?: FailureNote;
};

/** What the pieces of one stanza have in common, so that its sender hears of one failure, and their ids are those of one message. */
export type Shared = {
  answered: boolean;
  linked?: Linked;
  /** What the room will be shown, whole, once its network has the first piece; `taken` of them it has. */
  said?: Draft;
  taken?: number;
  /** Hears of each piece, for whoever waits for all of them. */
  ended?: (failure: Failure | undefined) => void;
};

/**
 * What a change says that a later one may make void, how long it waits for that (ms, 0 where the table gives it no time), and
 * the text that both stand for.
 */
export type Held = { readonly draft: Draft; readonly window: number; readonly previous: string | undefined };

/** What is owed to one side, in hand. */
export type OwedRow = {
  readonly id: number;
  readonly event: EventId;
  readonly laneKey: string;
  readonly account: string;
  readonly at: number;
  readonly charges: string | null;
  /** Whether it is in the store. Else it is here and nowhere else. */
  readonly kept: boolean;
  /** Of what is here and nowhere else. */
  readonly shared: Shared | undefined;
  /** How its account stands to where it goes; what is durable finds that by its account and place. */
  readonly to: Footing | undefined;
  /** The session that takes it, as it was when somebody last asked whether it is there. */
  session: Session | undefined;
  /** What it is, where a later one can take its place while it waits. */
  readonly held: Held | undefined;
  /** Where it waits, if it does. */
  lane: Lane;
  /** What it says; a correction changes it while it waits. */
  owed: Owed;
  readonly piece: Piece | undefined;
  life: Life;
  /** It was handed over, or is about to be, and nothing was heard of it. */
  busy: boolean;
  /** It may have arrived. */
  doubt: Failure | undefined;
  /** The events that it became on its way and of which nothing was heard, and all that there ever were. */
  readonly pending: Set<EventId>;
  readonly known: Set<EventId>;
  /** What the network calls it. */
  ids: readonly ForeignId[];
  /** Its last write, and who waits to hear that the store refuses it. */
  written: Promise<void>;
  refused: PromiseWithResolvers<never> | undefined;
};

/** One conversation in one direction. */
export type Lane = {
  readonly key: string;
  /** What is in hand, in order. */
  readonly rows: OwedRow[];
  /** The newest row that was in hand. */
  last: number;
  /** The store may have more behind it. */
  more: boolean;
  /** What is being added to the store, with what is to be done once that is so. */
  readonly coming: { readonly row: FreshRow; readonly behind: (() => void)[] }[];
  /** What became durable while it was read. */
  readonly late: FreshRow[];
  loading: Promise<void> | undefined;
  /** Resolves when all that was begun has been handed over, each after the one before it. */
  begun: Promise<void> | undefined;
  cancel: (() => void) | undefined;
};

export const newLane = (key: string): Lane => ({
  key,
  rows: [],
  last: 0,
  more: false,
  coming: [],
  late: [],
  loading: undefined,
  begun: undefined,
  cancel: undefined,
});

/** A row of the store, or one that is on its way there, in its lane. */
export const durableRow = (row: Journaled | FreshRow, lane: Lane): OwedRow => {
  const said = 'owed' in row ? { owed: row.owed, piece: row.piece } : readFrom(row);
  return { ...madeFrom(row, lane), ...said, held: 'owed' in row ? row.held : heldAgain(row, said.owed) };
};

/** What was waiting for others, and was not tried yet, waits for them after a start, too. */
const heldAgain = ({ state, attempts, notBefore }: Journaled, owed: Owed): Held | undefined =>
  state === 'ready' && attempts === 0 && notBefore > 0 && owed.way === 'out'
    ? { draft: owed.event, window: 0, previous: undefined }
    : undefined;

const madeFrom = (row: Journaled | FreshRow, lane: Lane): Omit<OwedRow, 'owed' | 'piece' | 'held'> => ({
  id: row.id,
  event: row.event,
  laneKey: row.lane,
  account: row.account,
  at: row.at,
  charges: row.charges,
  kept: true,
  shared: undefined,
  to: undefined,
  session: undefined,
  lane,
  life: lifeOf(row),
  busy: false,
  doubt: undefined,
  pending: new Set(),
  known: new Set(),
  ids: [],
  written: Promise.resolve(),
  refused: undefined,
});

const lifeOf = ({ state, attempts, notBefore, expires, ...row }: Journaled | FreshRow): Life => {
  const { doubted, told } = 'doubted' in row ? row : { doubted: false, told: false };
  return { state, attempts, doubted, told, notBefore, expires };
};

/** What a row of the store says. */
const readFrom = ({ body, origin }: Journaled): Pick<OwedRow, 'owed' | 'piece'> => ({
  owed: JSON.parse(body === '' ? 'null' : body) as Owed,
  piece: origin === null ? undefined : (JSON.parse(origin) as Piece),
});

/** The lane of what has not had to wait. */
export const NO_LANE: Lane = newLane('');

const NONE: Set<EventId> = new Set();
const NO_IDS: readonly ForeignId[] = [];
const NOTHING_WRITTEN = Promise.resolve();
const NEW: Life = { state: 'ready', attempts: 0, doubted: false, told: true, notBefore: 0, expires: 0 };

/** A row of which nothing is written. `lane` is that in which it waits where it has to. */
export const memoryRow = (
  event: Event,
  lane: string,
  to: Footing,
  { shared, piece, held }: Partial<Pick<OwedRow, 'shared' | 'piece' | 'held'>>,
): OwedRow => ({
  id: 0,
  event: event.id,
  laneKey: lane,
  account: to.key.account,
  at: event.at,
  charges: null,
  kept: false,
  shared,
  to,
  session: undefined,
  held,
  lane: NO_LANE,
  owed: { way: 'out', event, identity: to.identity },
  piece,
  life: NEW,
  busy: false,
  doubt: undefined,
  pending: NONE,
  known: NONE,
  ids: NO_IDS,
  written: NOTHING_WRITTEN,
  refused: undefined,
});

/** A row that waits for its first try, for `expiry` ms of gateway time from `now` on. */
export function newRow(
  parts: { readonly store: Pick<Store, 'journal'>; readonly clock: Pick<Clock, 'now'> },
  time: { readonly now: number; readonly expiry: number },
  what: { readonly way: 'in' | 'out'; readonly event: EventId; readonly place: Place; readonly owed: Owed },
): FreshRow {
  const { way, event, place, owed } = what;
  return {
    id: parts.store.journal.nextId(),
    event,
    lane: laneOf(way, place),
    account: place.kind === 'shared' ? '' : place.account,
    key: null,
    body: JSON.stringify(owed),
    origin: null,
    state: 'ready',
    attempts: 0,
    notBefore: 0,
    expires: time.now + time.expiry,
    at: parts.clock.now(),
    charges: null,
    owed,
  };
}

/** Whether something is still to be done about a row. */
export const isOwed = ({ state }: Pick<Life, 'state'>): boolean => state === 'ready' || state === 'flight';

/** The event of a row towards a network. */
export function eventOf({ owed }: Pick<OwedRow, 'owed'>): Event {
  if (owed.way !== 'out') throw new Error('only what goes to a network has an event for it');
  return owed.event;
}

export const placeOf = (owed: Owed): Place => ('event' in owed ? owed.event.place : owed.place);

export const noteOf = ({ code, words, row, foreign, address }: Failure): FailureNote => ({
  code,
  text: words === row.text ? undefined : words,
  foreign,
  address,
});

export const failureOf = ({ code, text, foreign, address }: FailureNote): Failure =>
  new Failure(code, {
    ...(text !== undefined && { text }),
    ...(foreign !== undefined && { foreign }),
    ...(address !== undefined && { address }),
  });

/** What a row keeps of a piece that has failed, so that a repeat has the same answer. */
export const failedPiece = (piece: Piece, failure: Failure): string =>
  JSON.stringify({ ...piece, failure: noteOf(failure) } satisfies Piece);

/** Both directions of a conversation are lanes of their own. */
export const laneOf = (way: 'in' | 'out', place: Place): string => `${way} ${placeKey(place)}`;

/** Outwards a shared room has a lane for each account in it. */
export function outwardLane(place: Place, account: string): string {
  return place.kind === 'shared' ? `${laneOf('out', place)} ${account}` : laneOf('out', place);
}

/** What a repeat has in common with the first: everything that names it, and what it says. */
const keyOf = (...parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** Journaled events are told from others by their ids, so that nobody looks for the others in the store. */
export const journaledId = (group: string, part: number): EventId => `${group}.${part}` as EventId;
export const isJournaled = (id: EventId): boolean => id.startsWith('j-');

/** The name of an event of ours in the rows towards XMPP, where the network's own events have other ids. */
export const inwardId = (id: string): EventId => `in ${id}` as EventId;
export const isInward = (id: EventId): boolean => id.startsWith('in ');

/** The key of a stanza: its authenticated sender, to whom, under which id, and what it says. Without an id there is none. */
export function stanzaKey(draft: Draft, { to, id, originId }: Origin): string | null {
  const name = originId ?? id;
  if (name === undefined || draft.from.kind !== 'xmpp') return null;
  const { at: _, from, ids: __, ...payload } = draft;
  return keyOf('xmpp', from.bare, to, name, JSON.stringify(payload));
}
