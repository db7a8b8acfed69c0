import type { Context, Feature, Rung, Target } from '#src/model/capabilities.ts';
import type { Draft, Message, MessageStyle } from '#src/model/event.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import { spoken, type Text, type Words, wordsIn } from '#src/model/language.ts';
import { fileText, urlText } from './files.ts';
import { formText } from './forms.ts';
import { cleanName } from './names.ts';
import { carriesFile, levelIn } from './parts.ts';
import { excerpt, splitText } from './split.ts';
import { changedWords, substitution } from './words.ts';

/** Code points of a text that is quoted. */
const QUOTE = 60;
/** Code points of a reaction, which should be one emoji (XEP-0444 §2) but may be any text. */
const EMOJI = 16;
/** Lines that stand before the link to a text that is too long. */
const FIRST_LINES = 5;
/** How many times the usual pieces a text may have where it is paced instead of linked. */
const PATIENCE = 4;

type MessageDraft = Draft & Message;

/** A new message in the place of a draft, by the same person. */
function messageIn(
  { at, place, from, hints, lang, live, only }: Draft,
  text: string,
  style: MessageStyle,
): MessageDraft {
  return {
    ...(at !== undefined && { at }),
    place,
    from,
    ...(hints !== undefined && { hints }),
    ...(lang !== undefined && { lang }),
    ...(live !== undefined && { live }),
    ...(only !== undefined && { only }),
    kind: 'message',
    text,
    style,
  };
}

/** The event is not sent, and nobody is told. For what is harmless, and for what was chosen. */
export const drop: Rung = { does: { en: 'left out', de: 'wird weggelassen' }, apply: () => [] };

/** The sender gets an error. */
export const refuse = (code: FailureCode, text: Text): Rung => ({
  does: { en: `an error for the sender, "${text.en}"`, de: `ein Fehler für den Absender, „${text.de}“` },
  apply() {
    throw new Failure(code, { text });
  },
});

/** The event becomes a message of its sender, in these words. */
export const asText = <D extends Draft>(
  does: Words,
  words: (about: D & Context) => Words,
  style: MessageStyle = 'plain',
): Rung<D> => ({
  does,
  apply(draft, context) {
    const said = spoken(words({ ...context, ...draft }), context.language ?? 'en');
    return [{ ...messageIn(draft, said.text, style), ...said }];
  },
});

/** Only that a message will not arrive is worth a line. */
export const failureAsNotice: Rung<Draft & { kind: 'receipt' }> = {
  does: {
    en: 'a notice that a message could not be delivered, and nothing else',
    de: 'ein Hinweis, dass eine Nachricht nicht zugestellt werden konnte, sonst nichts',
  },
  apply: (draft) =>
    draft.state === 'failed' ? [messageIn(draft, 'A message of yours could not be delivered to me.', 'notice')] : [],
};

/** The network can say which message it was. */
export const failureOnly: Rung<Draft & { kind: 'receipt' }> = {
  does: {
    en: 'an answer to a message that could not be delivered, saying so, and nothing else',
    de: 'eine Antwort auf eine Nachricht, die nicht zugestellt werden konnte, die das sagt, sonst nichts',
  },
  keeps: true,
  apply: (draft) => (draft.state === 'failed' ? [draft] : []),
};

/** The event crosses as such, perhaps with less in it. */
export const keep = <D extends Draft>(does: Words, shape: (draft: D) => D = (draft) => draft): Rung<D> => ({
  does,
  keeps: true,
  apply: (draft) => [shape(draft)],
});

/** The message crosses with another text or without one of its parts. */
export const reshape = (
  does: Words,
  shape: (draft: MessageDraft, context: Context) => MessageDraft,
): Rung<MessageDraft> => ({
  does,
  apply: (draft, context) => [shape(draft, context)],
});

/** What somebody does, to whom no style says it. */
export const actionWithAsterisk = reshape(
  { en: 'an asterisk before the text', de: 'ein Sternchen vor dem Text' },
  (draft) => ({ ...draft, style: 'plain', text: `* ${draft.text}` }),
);

/** A notice like any message. */
export const noticeAsText = reshape({ en: 'the text as it is', de: 'der Text, wie er ist' }, (draft) => ({
  ...draft,
  style: 'plain',
}));

/** A notice that says that it is one. */
export const noticeMarked = reshape({ en: '"[notice]" before the text', de: '„[notice]“ vor dem Text' }, (draft) => ({
  ...draft,
  style: 'plain',
  text: `[notice] ${draft.text}`,
}));

/** Whoever calls is told that no call is possible. */
export const callRefused = refuse('not-supported', {
  en: 'Calls cannot be made from here.',
  de: 'Anrufe sind von hier nicht möglich.',
});

/** The message crosses without the part, which nobody sees in its text. */
export const without = (part: 'replyTo' | 'subject' | 'thread' | 'form' | 'mentions' | 'spoiler'): Rung<MessageDraft> =>
  reshape({ en: 'left out of the message', de: 'wird in der Nachricht weggelassen' }, (draft) => lacking(draft, part));

function lacking(draft: MessageDraft, part: keyof Message): MessageDraft {
  const { [part]: _, ...rest } = draft;
  return rest as MessageDraft;
}

/** `"text"`, short enough to be quoted; empty where nothing is known. */
export const quoted = (text: string | undefined): string => {
  const short = text === undefined ? '' : excerpt(text, QUOTE);
  return short === '' ? '' : `"${short}"`;
};

type Edit = { readonly text: string };

export const editInFull: Rung<Draft & Edit & { kind: 'edit' }> = asText(
  { en: 'a line with an asterisk and the whole new text', de: 'eine Zeile mit Sternchen und dem ganzen neuen Text' },
  ({ text }) => `* ${text}`,
);
export const editChangedWords: Rung<Draft & Edit & { kind: 'edit' }> = asText(
  {
    en: 'a line with an asterisk and the changed words, or the whole new text where they are most of it',
    de: 'eine Zeile mit Sternchen und den geänderten Wörtern, oder der ganze neue Text, wenn fast alles geändert ist',
  },
  ({ text, previous }) => `* ${changedWords(previous, text)}`,
);
export const editAsSubstitution: Rung<Draft & Edit & { kind: 'edit' }> = asText(
  {
    en: 'a line such as s/old/new/, or the whole new text where that would be ambiguous',
    de: 'eine Zeile wie s/alt/neu/, oder der ganze neue Text, wenn das mehrdeutig wäre',
  },
  ({ text, previous }) => substitution(previous, text) ?? `* ${text}`,
);

export const reactionAsLine: Rung<Draft & { kind: 'reaction'; emoji: readonly string[] }> = asText(
  {
    en: 'a line with the emoji and the first words of the message',
    de: 'eine Zeile mit dem Emoji und den ersten Wörtern der Nachricht',
  },
  ({ emoji, quote }) => {
    const about = quoted(quote) || 'a message';
    const shown = emoji.map((one) => excerpt(one, EMOJI)).filter((one) => one !== '');
    return shown.length === 0 ? `took a reaction back from ${about}` : `${shown.join(' ')} to ${about}`;
  },
);

/** A reply with words before its text. An action keeps its text: words before it would change who acts. */
const replyAfter =
  (words: (author: string | undefined, about: Context) => string) => (draft: MessageDraft, about: Context) => {
    const plain = lacking(draft, 'replyTo');
    const author = about.author === undefined ? undefined : cleanName(about.author) || undefined;
    const named = author !== undefined && new RegExp(`^${RegExp.escape(author)}[:,]`, 'i').test(draft.text);
    return draft.style === 'action' || named ? plain : { ...plain, text: words(author, about) + draft.text };
  };

function quoteWords(author: string | undefined, { quote }: Context): string {
  const who = author === undefined ? '' : `${author}: `;
  const about = quoted(quote);
  return about === '' ? who : `${who}re ${about}: `;
}

export const replyToNick = reshape(
  {
    en: 'the nick before the text while the message is fresh, with its first words when it is older',
    de: 'der Spitzname vor dem Text, solange die Nachricht frisch ist, später mit ihren ersten Wörtern',
  },
  replyAfter((author, about) => (about.fresh && author !== undefined ? `${author}: ` : quoteWords(author, about))),
);
export const replyWithQuote = reshape(
  {
    en: 'nick and first words of the message before the text',
    de: 'Spitzname und erste Wörter der Nachricht vor dem Text',
  },
  replyAfter(quoteWords),
);

/** The words before a text that gives something away. */
export function spoilerPrefix(spoiler: string): string {
  const about = excerpt(spoiler, QUOTE);
  return `Spoiler${about === '' ? '' : ` (${about})`}: `;
}

/** The warning stands where the reader comes to it first. */
export const spoilerAsPrefix = reshape(
  { en: '"Spoiler" and what it is about before the text', de: '„Spoiler“ und worum es geht vor dem Text' },
  ({ spoiler = '', ...draft }) => ({ ...draft, text: spoilerPrefix(spoiler) + draft.text }),
);

/** Files that the target does not take are told in a message of their own after the text. */
export const filesAsLinks: Rung<MessageDraft> = {
  does: { en: 'a link with name and size', de: 'ein Link mit Name und Größe' },
  apply(draft, _context, target) {
    const { files = [], ...rest } = draft;
    const taken = files.filter((file) => carriesFile(target, file));
    const links = files.filter((file) => !carriesFile(target, file) && !draft.text.includes(file.url));
    const text: MessageDraft = taken.length > 0 ? { ...rest, files: taken } : rest;
    if (links.length === 0) return [text];
    const told = messageIn(draft, links.map(fileText).join('\n'), 'plain');
    return text.text.trim() === '' && taken.length === 0 ? [told] : [text, told];
  },
};

export const subjectAsLine: Rung<MessageDraft> = {
  does: { en: 'a line of its own before the text', de: 'eine eigene Zeile vor dem Text' },
  apply(draft, _context, target) {
    const line = `Subject: ${draft.subject ?? ''}`;
    const rest = lacking(draft, 'subject');
    if (draft.text === '') return [{ ...rest, text: line }];
    return target.text.lines && draft.style !== 'action'
      ? [{ ...rest, text: `${line}\n${draft.text}` }]
      : [messageIn(draft, line, 'plain'), rest];
  },
};

export const formAsText: Rung<MessageDraft> = {
  does: { en: 'its title, instructions and fields as text', de: 'Titel, Anleitung und Felder als Text' },
  apply(draft) {
    const told = draft.form ? formText(draft.form) : '';
    const rest = lacking(draft, 'form');
    if (told === '') return [rest];
    return draft.text.trim() === '' ? [{ ...rest, text: told }] : [rest, messageIn(draft, told, 'plain')];
  },
};

/** All of a text that is too long. It may be up to four times as long as usual. */
export const paced: Rung<MessageDraft> = {
  does: { en: 'all of it, at the pace that the network allows', de: 'alles, so schnell das Netz es erlaubt' },
  apply(draft, _context, target) {
    const { text } = target;
    const pieces = splitText(draft.text, text);
    if (pieces.length > PATIENCE * text.pieces) throw tooLong(pieces.length, PATIENCE * text.pieces);
    return [draft];
  },
};

/** The beginning, and where the rest can be read. Refused where nobody has put the whole text up yet. */
export const wholeAsLink: Rung<MessageDraft> = {
  does: {
    en: 'the first lines and a link to the whole text, or an error where there is no such link',
    de: 'die ersten Zeilen und ein Link zum ganzen Text, oder ein Fehler, wo es keinen solchen Link gibt',
  },
  apply(draft, { whole }, target) {
    const pieces = splitText(draft.text, target.text);
    if (!whole) throw tooLong(pieces.length, target.text.pieces);
    const first = pieces.slice(0, Math.min(FIRST_LINES, target.text.pieces - 1)).map((text) => ({ ...draft, text }));
    const until = whole.until === undefined ? '' : `, until ${whole.until}`;
    return [...first, messageIn(draft, `${urlText(whole.url)} (all ${pieces.length} lines${until})`, 'plain')];
  },
};

export const tooLongRefused: Rung<MessageDraft> = {
  does: {
    en: 'an error for the sender, with the number of lines',
    de: 'ein Fehler für den Absender, mit der Anzahl der Zeilen',
  },
  apply: (draft, _context, target) => {
    throw tooLong(splitText(draft.text, target.text).length, target.text.pieces);
  },
};

const tooLong = (lines: number, most: number) =>
  new Failure('too-large', {
    text: {
      en: `This would become ${lines} lines, and at most ${most} are sent at once. Please share it as a link.`,
      de: `Das würden ${lines} Zeilen, und höchstens ${most} werden auf einmal verschickt. Bitte als Link teilen.`,
    },
  });

/** One rung between two people, another in rooms, secret ones too. */
export const byCompany = <D extends Draft>(alone: Rung<D>, inRooms: Rung<D>): Rung<D> => ({
  does: {
    en: `in private talk ${wordsIn(alone.does, 'en')}; in rooms ${wordsIn(inRooms.does, 'en')}`,
    de: `zu zweit ${wordsIn(alone.does, 'de')}; in Räumen ${wordsIn(inRooms.does, 'de')}`,
  },
  apply: (draft: D, context: Context, target: Target) =>
    (draft.place.kind === 'contact' ? alone : inRooms).apply(draft, context, target),
});

/** As it is where the network carries it and knows what it is about, else another rung. */
export const carriedElse = <D extends Draft>(feature: Feature, does: Text, otherwise: Rung<D>): Rung<D> => ({
  does: {
    en: `${does.en} where the network carries it, else ${wordsIn(otherwise.does, 'en')}`,
    de: `${does.de}, wo das Netz sie überträgt, sonst ${wordsIn(otherwise.does, 'de')}`,
  },
  apply: (draft: D, context: Context, target: Target) =>
    context.named && levelIn(target.levels, feature) !== 'none' ? [draft] : otherwise.apply(draft, context, target),
});

/** One rung where two people talk alone or nobody else may see it, another in other rooms. */
export const byPlace = <D extends Draft>(alone: Rung<D>, inRooms: Rung<D>): Rung<D> => ({
  does: {
    en: `in rooms ${wordsIn(inRooms.does, 'en')}; in private talk and secret rooms ${wordsIn(alone.does, 'en')}`,
    de: `in Räumen ${wordsIn(inRooms.does, 'de')}; zu zweit und in geheimen Räumen ${wordsIn(alone.does, 'de')}`,
  },
  apply: (draft: D, context: Context, target: Target) =>
    (draft.place.kind === 'contact' || target.confined ? alone : inRooms).apply(draft, context, target),
});
