import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { Origin } from '#src/core/index.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import { type EventId, splitAccount } from '#src/model/ids.ts';
import { spoken } from '#src/model/language.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { LifeEffect } from './life.ts';
import { eventOf, type FreshRow, inwardId, journaledId, noteOf, type Owed, type OwedRow, type Piece } from './rows.ts';

/** XEP-0184 §5.3: asked for, and never for what many read. */
export const wantsReceipt = ({ receipt, stanza, type }: Origin): boolean =>
  receipt === true && stanza === 'message' && type !== 'groupchat';

/** Makes a row towards XMPP. */
export type MakeRow = (event: EventId, place: Place, owed: Owed, key: string) => FreshRow;

/**
 * What the sender of a stanza is told, as rows: an answer that is owed outlives a restart, and is given once. Their keys
 * are names that ascend, which costs an index less than hashes do; those of stanzas are hashes, without a space.
 */
export type Answers = {
  /** What an effect gives the sender to be told. */
  of(row: OwedRow, effect: LifeEffect): FreshRow | undefined;
  /** Of one of several pieces that has ended: the receipt, if it was the last to arrive. Rejects as `Store`. */
  ofAll(row: OwedRow): Promise<FreshRow | undefined>;
};

export type AnswerParts = {
  readonly store: { readonly journal: Pick<Store['journal'], 'byEvent'> };
  readonly row: MakeRow;
  now(): number;
  readonly languages: Pick<Languages, 'of'>;
  transport(domain: string): Transport;
};

export function openAnswers({ store, row: make, now, transport, languages }: AnswerParts): Answers {
  const confirming = ({ place }: Event): boolean => transport(placeTransport(place)).mapping.facts.confirms !== 'none';

  const receipt = (event: Event, { origin, group }: Piece): FreshRow | undefined => {
    const { place } = event;
    const name = `receipt ${group}`;
    if (!confirming(event) || !wantsReceipt(origin)) return undefined;
    return make(inwardId(name), place, { way: 'receipt', place, origin }, name);
  };

  return {
    of({ owed, piece }, effect) {
      if (owed.way !== 'out' || !piece) return undefined;
      const { event } = owed;
      if (effect.do === 'bounce') return errorRow(make, event, piece, effect.failure);
      if (effect.do === 'tell') return delayedRow({ row: make, now, languages }, event, piece);
      // The receipt of several pieces is due when the last one has arrived.
      return effect.do === 'receipt' && piece.parts === 1 ? receipt(event, piece) : undefined;
    },
    async ofAll({ owed, piece }) {
      if (owed.way !== 'out' || !piece || piece.parts < 2 || piece.origin.receipt !== true) return undefined;
      const names = Array.from({ length: piece.parts }, (_, part) => journaledId(piece.group, part));
      const rows = await Promise.all(names.map((name) => store.journal.byEvent(name)));
      return rows.every((one) => one?.outcome === 'delivered') ? receipt(eventOf({ owed }), piece) : undefined;
    },
  };
}

/** Under which event a stanza's error is owed. */
export const errorId = (group: string): EventId => inwardId(`error ${group}`);

/** The stanza error: one for all pieces of a stanza. */
export const errorRow = (make: MakeRow, { place }: Event, { origin, group }: Piece, failure: Failure): FreshRow =>
  make(errorId(group), place, { way: 'error', place, origin, failure: noteOf(failure) }, `error ${group}`);

/** A word from whom was written to that the message waits. Only between two people: a room has other readers. */
function delayedRow(
  { row: make, now, languages }: Pick<AnswerParts, 'row' | 'now' | 'languages'>,
  { place, at }: Event,
  { group, origin }: Piece,
): FreshRow | undefined {
  if (place.kind !== 'contact') return undefined;
  const since = new Date(at).toISOString().slice(11, 16);
  const event: Event = {
    id: `${group}.delayed` as EventId,
    at: now(),
    place,
    from: { kind: 'network', id: place.id },
    live: true,
    kind: 'message',
    ...spoken(texts.delayed(since), languages.of(place.account, origin.language)),
    style: 'plain',
  };
  const name = `delayed ${group}`;
  return make(inwardId(name), place, { way: 'in', event, to: [{ jid: splitAccount(place.account).user }] }, name);
}
