import { levelIn } from '#mappings/parts.ts';
import { messageTexts } from '#mappings/texts/messages.ts';
import type { Ids, Known } from '#src/core/ids.ts';
import type { Archive } from '#src/core/rooms/archive.ts';
import { sayer } from '#src/core/rooms/archived.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Context, Levels } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, MessageId } from '#src/model/ids.ts';
import { isRoom } from '#src/model/place.ts';
import type { RecentTexts } from './recent-texts.ts';
import { authorIn, featurePointing, targetOf, unknown } from './reference.ts';

export type ResolveContext = {
  readonly ids: Pick<Ids, 'resolve'>;
  readonly texts: Pick<RecentTexts, 'about' | 'replace' | 'writer'>;
  readonly archive: Pick<Archive, 'about' | 'recall' | 'records'>;
};

/** What a draft refers to: how the other side calls it, if that is known, and what the tables may say of it. */
export type Reference = {
  readonly ids: readonly MessageId[] | undefined;
  readonly context: Context;
  /** When it was written, in ms since 1970, if that was lately. */
  readonly at?: number | undefined;
};

/** For which side, what that carries, and whose eyes look into the archive. */
export type Towards = {
  readonly side: 'foreign' | 'xmpp';
  readonly levels: Levels;
  readonly account: AccountKey | undefined;
};

const NO_CONTEXT: Context = {};
/** The reference of a draft that refers to nothing. */
export const NOTHING: Reference = { ids: undefined, context: NO_CONTEXT };

/**
 * Finds what a draft refers to, before anybody decides what becomes of it. Synchronous for what is recent. Throws, or
 * rejects with, the `Failure` of what may not be said of it.
 */
export function resolve(parts: ResolveContext, draft: Draft, towards: Towards): Reference | Promise<Reference> {
  const target = targetOf(draft);
  if (target === undefined) return NOTHING;
  return chain(checked(parts, draft, target, towards), () =>
    chain(knownIds(parts, draft, target, towards), (known) =>
      chain(contextOf(parts, draft, towards, known), (context) => ({ ids: known?.ids, context, at: known?.at })),
    ),
  );
}

/** What a network tells was for it to check; what is said to it is about what was said there, and changes one's own. */
function checked(
  { ids, texts, archive }: ResolveContext,
  draft: Draft,
  target: MessageId,
  { side, account }: Towards,
): void | Promise<void> {
  if (side !== 'foreign' || account === undefined || draft.kind === 'message') return;
  const { place } = draft;
  const author = authorIn(draft);
  if (isRoom(place)) {
    if (!archive.records(place)) return;
    const own = author === undefined ? undefined : sayer(draft.from);
    return chain(archive.recall(place, target, account, own), (row) => {
      // XEP-0424 §5: of what was taken back nothing is left to speak of.
      if (row === undefined ? draft.kind === 'reaction' : own !== undefined && row.kind === 'retracted')
        throw unknown();
      if (row !== undefined && own !== undefined) assertOwn(row.fromId === own);
    });
  }
  if (author === undefined) return;
  const writer = texts.writer(place, target);
  if (writer !== undefined) return assertOwn(writer === author);
  return chain(
    found(() => ids.resolve({ place, target }, 'foreign')),
    (known) => known && assertOwn(known.author === author),
  );
}

function assertOwn(own: boolean): void {
  if (!own) throw new Failure('not-permitted', { text: messageTexts.notTheirs });
}

/** Ids of the other side, where it has a use for them: what it does not carry becomes words. */
function knownIds(
  { ids }: ResolveContext,
  draft: Draft,
  target: MessageId,
  { side, levels }: Towards,
): Known | undefined | Promise<Known | undefined> {
  if (side === 'foreign' && levelIn(levels, featurePointing(draft)) === 'none') return undefined;
  const author = authorIn(draft);
  return found(() => ids.resolve({ place: draft.place, target, ...(author !== undefined && { author }) }, side));
}

/** Nothing where nobody knows it. */
function found(look: () => Known | Promise<Known>): Known | undefined | Promise<Known | undefined> {
  const nothing = (error: unknown): undefined => {
    if (!(error instanceof Failure) || error.code !== 'item-not-found') throw error;
  };
  try {
    const known = look();
    return known instanceof Promise ? known.catch(nothing) : known;
  } catch (error) {
    return nothing(error);
  }
}

function contextOf(
  { texts, archive }: ResolveContext,
  draft: Draft,
  { side, account }: Towards,
  known: Known | undefined,
): Context | Promise<Context> {
  const target = targetOf(draft);
  // What XMPP calls it: texts are remembered under that.
  const id = side === 'foreign' ? target : known?.ids[0];
  if (id === undefined) return NO_CONTEXT;
  if (draft.kind === 'edit') {
    const previous = texts.replace(draft, id);
    return previous === undefined ? NO_CONTEXT : { previous };
  }
  if (draft.kind !== 'reaction' && draft.kind !== 'message') return NO_CONTEXT;
  const about = texts.about(draft.place, id, known?.author);
  if (about && side === 'foreign' && !isRoom(draft.place)) {
    // To whom one talks alone a name says nothing.
    const { author: _, ...rest } = about;
    return rest;
  }
  if (about || account === undefined || !isRoom(draft.place)) return about ?? NO_CONTEXT;
  // XEP-0461 §3.1, XEP-0444 §4.2: in a room a message is called by the stanza-id that the room gave it.
  return archive.about(draft.place, account, id);
}
