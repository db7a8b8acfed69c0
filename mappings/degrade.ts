import type { Context, Feature, Ladder, Level, Rung, Target } from '#src/model/capabilities.ts';
import type { Draft, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { rungNamed } from './ladders.ts';
import { featureOf, levelIn, parts } from './parts.ts';
import { measure, splitText } from './split.ts';

type MessageDraft = Draft & Message;

/**
 * What a target carries of a draft: the pieces that go over, in order. Empty where policy drops it. Pure, and a piece
 * that comes back is not changed any more. Throws a `Failure` where policy refuses.
 */
export function degrade(draft: Draft, target: Target, context: Context = {}): readonly Draft[] {
  return carry(draft, featureOf(draft), target, context).flatMap((piece) => finish(piece, target, context));
}

/** Full crosses as it is, partial too where there is no ladder; everything else is up to a rung. */
function carry<D extends Draft>(draft: D, feature: Feature, target: Target, context: Context): readonly Draft[] {
  const level = levelIn(target.levels, feature);
  const ladder: Ladder | undefined = target.ladders[feature];
  if (level === 'full' || (level === 'partial' && !ladder)) return [draft];
  // What no table names is refused: nothing is lost silently.
  if (!ladder) throw new Failure('not-supported');
  return rungFor(ladder, context.chosen?.[feature], level).apply(draft, context, target);
}

/** The rung of that name, or the nearest below it that needs nothing of a feature which is not there. */
function rungFor(ladder: Ladder, name: string | undefined, level: Level): Rung {
  const rung = rungNamed(ladder, name, (one) => level !== 'none' || !one.keeps);
  if (!rung) throw new Failure('not-supported');
  return rung;
}

function finish(piece: Draft, target: Target, context: Context): readonly Draft[] {
  if (levelIn(target.levels, featureOf(piece)) === 'none') throw new Failure('not-supported');
  if (piece.kind === 'message') return finishMessage(piece, target, context);
  if (piece.kind === 'edit' && (splitText(piece.text, target.text).length > 1 || !fits(piece.text, target)))
    throw new Failure('too-large', { text: 'The new text is too long for a correction there. Send it anew.' });
  return [piece];
}

function finishMessage(draft: MessageDraft, target: Target, context: Context): readonly Draft[] {
  let pieces: readonly Draft[] = [draft];
  for (const [part, has] of parts) {
    // Most messages have none of the parts: nothing is copied for them.
    if (!pieces.some((piece) => piece.kind === 'message' && has(piece, target))) continue;
    pieces = pieces.flatMap((piece) =>
      piece.kind === 'message' && has(piece, target) ? carry(piece, part, target, context) : [piece],
    );
  }
  return pieces.flatMap((piece) => (piece.kind === 'message' ? cut(piece, target, context) : [piece]));
}

const fits = (text: string, { text: { lines, size, unit } }: Target): boolean =>
  (lines || !/[\r\n]/.test(text)) && measure(text, unit) <= size;

function cut(draft: MessageDraft, target: Target, context: Context): readonly Draft[] {
  if (draft.text !== '' && fits(draft.text, target)) return [draft];
  const texts = splitText(draft.text, target.text);
  if (texts.length <= target.text.pieces) return inPieces(draft, texts);
  return carry(draft, 'long', target, context).flatMap((piece) =>
    piece.kind === 'message' ? inPieces(piece, splitText(piece.text, target.text)) : [piece],
  );
}

/** Only the first piece keeps what a message has once. */
function inPieces(draft: MessageDraft, [first, ...more]: readonly string[]): readonly Draft[] {
  const { files, form, replyTo, mentions, subject, ...rest } = draft;
  if (first !== undefined) return [{ ...draft, text: first }, ...more.map((text): MessageDraft => ({ ...rest, text }))];
  if (files?.length || form || subject !== undefined) return [{ ...draft, text: '' }];
  throw new Failure('not-acceptable', { text: 'There is nothing to send in this message.' });
}
