import { createHash } from 'node:crypto';
import type { Marks, Origin, Recipient } from '#src/core/index.ts';
import type { WhoseIdentity } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { NewRow } from '#src/store/index.ts';

/** What a row of the journal holds, and towards which side. */
export type Owed =
  /** `identity`: by whose it was sent, where there are both. It goes out by no other, whatever the account is later. */
  | { readonly way: 'out'; readonly event: Event; readonly identity?: WhoseIdentity }
  | { readonly way: 'in'; readonly event: Event; readonly to: readonly Recipient[]; readonly marks?: Marks }
  | { readonly way: 'receipt'; readonly place: Place; readonly origin: Origin }
  | { readonly way: 'error'; readonly place: Place; readonly origin: Origin; readonly failure: FailureNote };

/** A row that is new, with what it says: whoever has it in hand need not read that again. */
export type FreshRow = NewRow & { readonly owed: Owed; readonly journey?: Journey | undefined };

/** A failure in a form that can be kept. */
export type FailureNote = {
  readonly code: FailureCode;
  readonly text: string;
  readonly foreign?: string | undefined;
  readonly address?: string | undefined;
};

/**
 * The stanza that a piece came from: which piece it is, of how many, under which name all of them go. `failure` is what its
 * sender was told, once the piece has failed.
 */
export type Journey = {
  readonly origin: Origin;
  readonly lead: boolean;
  readonly group: string;
  readonly parts: number;
  readonly failure?: FailureNote;
};

export const noteOf = ({ code, message, foreign, address }: Failure): FailureNote => ({
  code,
  text: message,
  foreign,
  address,
});

export const failureOf = ({ code, text, foreign, address }: FailureNote): Failure =>
  new Failure(code, { text, ...(foreign !== undefined && { foreign }), ...(address !== undefined && { address }) });

/** What a row keeps of a piece that has failed, so that a repeat has the same answer. */
export const failedJourney = (journey: Journey, failure: Failure): string =>
  JSON.stringify({ ...journey, failure: noteOf(failure) } satisfies Journey);

export const placeOf = (owed: Owed): Place => ('event' in owed ? owed.event.place : owed.place);

/** Both directions of a conversation are lanes of their own. */
export const laneOf = (way: 'in' | 'out', place: Place): string => `${way} ${placeKey(place)}`;

/** Outwards a shared room has a lane for each account in it. */
export const outwardLane = (place: Place, account: string): string =>
  place.kind === 'shared' ? `${laneOf('out', place)} ${account}` : laneOf('out', place);

/** What a repeat has in common with the first: everything that names it, and what it says. */
export const keyOf = (...parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** Journaled events are told from others by their ids, so that nobody looks for the others in the store. */
export const journaledId = (group: string, part: number): EventId => `${group}.${part}` as EventId;
export const isJournaled = (id: EventId): boolean => id.startsWith('j-');

/** The name of an event of ours in the rows towards XMPP, where the network's own events have other ids. */
export const inwardId = (id: string): EventId => `in ${id}` as EventId;

/** The key of a stanza: its authenticated sender, to whom, under which id, and what it says. Without an id there is none. */
export function stanzaKey(draft: Draft, { to, id, originId }: Origin): string | null {
  const name = originId ?? id;
  if (name === undefined || draft.from.kind !== 'xmpp') return null;
  const { at: _, from, ids: __, ...payload } = draft;
  return keyOf('xmpp', from.bare, to, name, JSON.stringify(payload));
}
