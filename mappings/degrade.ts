import type {
  Capabilities,
  Context,
  DraftOf,
  Feature,
  Ladder,
  Level,
  Rung,
  Target,
  TextFormat,
} from '#src/model/capabilities.ts';
import type { Draft, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Words } from '#src/model/language.ts';
import { clipped } from './clip.ts';
import { rungNamed } from './ladders.ts';
import { featureOf, isBare, levelIn, parts } from './parts.ts';
import { nearestShow, showText } from './presence.ts';
import { restyle } from './restyle.ts';
import { isWithin, splitText } from './split.ts';
import { messageTexts } from './texts/messages.ts';

type MessageDraft = Draft & Message;

/**
 * What a target carries of a draft: the pieces that go over, in order. Empty where policy drops it. Pure, and a piece
 * that comes back is not changed any more. Throws a `Failure` where policy refuses.
 */
export function degrade(given: Draft, target: Target, context: Context = {}): readonly Draft[] {
  const draft = clipped(given, target);
  const literal = 'unstyled' in draft;
  const reads = literal ? 'plain' : target.reads;
  const between = literal || reads === target.text.format ? reads : BETWEEN;
  const read = restyled(draft, reads, between);
  const pieces = each(carry(read, featureOf(read), target, context), (piece) => finish(piece, target, context));
  if (draft.kind === 'reaction' && pieces.length > 0) assertAcceptable(draft, target);
  return between === target.text.format
    ? pieces
    : each(pieces, (piece) => [restyled(piece, between, target.text.format)]);
}

/** XEP-0444 §3.3: what a network does not let stand is told its sender, whatever becomes of it there. */
function assertAcceptable({ emoji }: DraftOf<'reaction'>, { reactions: { most, among } = {} }: Target): void {
  const other = among && emoji.find((one) => !among.some((known) => sameEmoji(known, one)));
  if (other !== undefined) throw unacceptable(messageTexts.onlyReactions(among?.join(' ') ?? ''));
  if (most !== undefined && emoji.length > most) throw unacceptable(messageTexts.mostReactions(most));
}

const unacceptable = (text: Words): Failure => new Failure('not-acceptable', { text });

/** Clients write the variation selector of an emoji or leave it out. */
const sameEmoji = (one: string, other: string): boolean =>
  one.replaceAll('\ufe0f', '') === other.replaceAll('\ufe0f', '');

/** As `flatMap`: most is one piece, for which no list is made. */
function each(pieces: readonly Draft[], of: (piece: Draft) => readonly Draft[]): readonly Draft[] {
  const first = pieces[0];
  return first && pieces.length === 1 ? of(first) : pieces.flatMap(of);
}

/** As texts are styled while rungs put words around them: as they stand in the conversation that they quote. */
const BETWEEN: TextFormat = 'styling';

/** What has gone to a network, with its text as those read it who have sent it. */
export const asSent = <D extends Draft>(piece: D, { text }: Pick<Capabilities, 'text'>): D =>
  restyled(piece, text.format, BETWEEN);

function restyled<D extends Draft>(draft: D, from: TextFormat, to: TextFormat): D {
  if (draft.kind !== 'message' && draft.kind !== 'edit') return draft;
  const text = restyle(draft.text, from, to);
  return text === draft.text ? draft : { ...draft, text };
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
  if (piece.kind === 'presence') return presence(piece, target);
  if (piece.kind === 'edit' && (splitText(piece.text, target.text).length > 1 || !fits(piece.text, target)))
    return longEdit(piece, target, context);
  return [piece];
}

/** A correction that is too long for one is refused; where its writer would not hear of that, which is where words are cut, it is told as words. */
function longEdit(piece: DraftOf<'edit'>, target: Target, context: Context): readonly Draft[] {
  const ladder: Ladder | undefined = target.ladders.edit;
  if (!ladder || target.text.aside === undefined)
    throw new Failure('too-large', {
      text: {
        en: 'The new text is too long for a correction there. Send it anew.',
        de: 'Der neue Text ist für eine Korrektur dort zu lang. Senden Sie ihn neu.',
      },
    });
  const told = rungFor(ladder, context.chosen?.edit, 'none').apply(piece, context, target);
  return each(told, (one) => finish(one, target, context));
}

/** A show that a network does not have is the nearest that it has, with words for what was meant. */
function presence(piece: DraftOf<'presence'>, { shows }: Target): readonly Draft[] {
  if (shows.includes(piece.show)) return [piece];
  const show = nearestShow(piece.show, shows);
  return show === undefined ? [] : [{ ...piece, show, status: showText(piece.show, piece.status) }];
}

function finishMessage(draft: MessageDraft, target: Target, context: Context): readonly Draft[] {
  if (isBare(draft)) return cut(draft, target, context);
  let pieces: readonly Draft[] = [draft];
  for (const { part, has } of parts) {
    if (!pieces.some((piece) => piece.kind === 'message' && has(piece, target))) continue;
    pieces = pieces.flatMap((piece) =>
      piece.kind === 'message' && has(piece, target) ? carry(piece, part, target, context) : [piece],
    );
  }
  return pieces.flatMap((piece) => (piece.kind === 'message' ? cut(piece, target, context) : [piece]));
}

const fits = (text: string, { text: limits }: Target): boolean =>
  (limits.lines || !/[\r\n]/.test(text)) && isWithin(text, limits);

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
  throw new Failure('not-acceptable', {
    text: { en: 'There is nothing to send in this message.', de: 'In dieser Nachricht ist nichts zu senden.' },
  });
}
