import type { Transport } from '#src/core/transport.ts';
import type { Settling } from '#src/core/way/settle.ts';
import type { Failure } from '#src/model/failure.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Journaled, JournalOutcome, Store } from '#src/store/index.ts';
import { errorId } from './receipts.ts';
import { failureOf, isOwed, journaledId, type Piece } from './rows.ts';

/** What a stanza that comes again is due, by what became of it the first time. */
export type Due =
  /** Nobody has ever taken it, or it is not known any more. */
  | { readonly is: 'new' }
  /** It is on its way, or its sender has taken it back: nothing is said or sent. */
  | { readonly is: 'nothing' }
  | { readonly is: 'receipt' }
  /** The answer that it had. */
  | { readonly is: 'refusal'; readonly failure: Failure }
  /** It has failed and is tried anew, once this row has given its key away. */
  | { readonly is: 'another try'; readonly row: Pick<Journaled, 'id'> };

/** What a piece's row says of its end. */
export type EndedPiece = Pick<Journaled, 'state' | 'outcome' | 'doubted' | 'origin'>;

export type RepeatFacts = {
  /** A second one costs money. */
  readonly charged: boolean;
  /** Whether anything can be called delivered, and whether it is as soon as the network's server has it. */
  readonly confirms: boolean;
  readonly handedOver: boolean;
};

const FAILED: ReadonlySet<JournalOutcome | null> = new Set<JournalOutcome>(['bounced', 'parked', 'expired']);
const hasFailed = ({ outcome }: EndedPiece): boolean => FAILED.has(outcome);

/** What the journal has is what the sender was told, so it is decided by that alone, in this run or a later one. */
export type Repeats = {
  /** Rejects as `Store.unit`. */
  due(key: string, place: Place, charged: boolean): Promise<Due>;
};

export function openRepeats(parts: {
  readonly store: { readonly journal: Pick<Store['journal'], 'byKey' | 'byEvent'> };
  readonly settling: Pick<Settling, 'inHand'>;
  transport(domain: string): Pick<Transport, 'mapping' | 'receipts'>;
}): Repeats {
  const { journal } = parts.store;

  /** The pieces of the stanza whose first is this row. */
  async function piecesOf(lead: Journaled): Promise<readonly EndedPiece[]> {
    const { group, parts: count } = pieceOf(lead) ?? { group: '', parts: 1 };
    const others = Array.from({ length: count - 1 }, (_, index) => journal.byEvent(journaledId(group, index + 1)));
    return [lead, ...(await Promise.all(others)).map((row) => row ?? FORGOTTEN)];
  }

  /** Whoever has not been told of the failure is no one who tries again: what they repeat may have been lost on its way. */
  async function isUnheard(lead: Journaled): Promise<boolean> {
    const group = pieceOf(lead)?.group;
    // In this order: what is in hand now may have ended before the store answers.
    if (group === undefined || (parts.settling.inHand(errorId(group))?.life.state ?? 'ready') !== 'ready') return false;
    const error = await journal.byEvent(errorId(group));
    return error !== undefined && isOwed(error);
  }

  return {
    async due(key, place, charged) {
      const lead = await journal.byKey(key);
      if (!lead) return { is: 'new' };
      const { mapping, receipts } = parts.transport(placeTransport(place));
      const facts = { charged, confirms: mapping.facts.confirms !== 'none', handedOver: receipts === 'handed over' };
      const [pieces, unheard] = await Promise.all([piecesOf(lead), isUnheard(lead)]);
      const due = dueOf(pieces, facts);
      if (due.is !== 'another try') return due;
      return unheard ? answerOf(pieces) : { ...due, row: lead };
    },
  };
}

/** Of a piece that was pruned it is not known what became of it. */
const FORGOTTEN: EndedPiece = { state: 'done', outcome: 'delivered', doubted: true, origin: null };

/** What a stanza is due of which these are the pieces. Pure. */
export function dueOf(
  pieces: readonly EndedPiece[],
  facts: RepeatFacts,
): Exclude<Due, { is: 'new' | 'another try' }> | { readonly is: 'another try' } {
  const failed = pieces.filter(hasFailed);
  if (failed.length === 0) return pieces.every((one) => hasArrived(one, pieces.length, facts)) ? RECEIPT : NOTHING;
  if (mayGoAgain(pieces, facts)) return { is: 'another try' };
  return answerOf(pieces);
}

/** The answer that a stanza has had, which is that of all its pieces. */
function answerOf(pieces: readonly EndedPiece[]): Extract<Due, { is: 'refusal' | 'nothing' }> {
  const [note] = pieces.map((one) => pieceOf(one)?.failure).filter((one) => one !== undefined);
  return note ? { is: 'refusal', failure: failureOf(note) } : NOTHING;
}

const RECEIPT = { is: 'receipt' } as const;
const NOTHING = { is: 'nothing' } as const;

const pieceOf = ({ origin }: Pick<EndedPiece, 'origin'>): Piece | undefined =>
  origin === null ? undefined : (JSON.parse(origin) as Piece);

/** Several pieces have their receipt when the last one has arrived, whatever the operator calls delivered. */
function hasArrived(
  { state, outcome, doubted }: EndedPiece,
  count: number,
  { confirms, handedOver }: RepeatFacts,
): boolean {
  if (!confirms) return false;
  if (state === 'taken') return handedOver && count === 1;
  return outcome === 'delivered' && (handedOver || !doubted);
}

/**
 * Never while a piece of it is under way, and never what has ended the process. What costs goes again only where it is sure
 * that nobody has any of it.
 */
function mayGoAgain(pieces: readonly EndedPiece[], { charged }: RepeatFacts): boolean {
  if (pieces.some(({ outcome }) => outcome === null || outcome === 'parked' || outcome === 'purged')) return false;
  return !charged || pieces.every((one) => hasFailed(one) && !one.doubted);
}
