import { segmentsOf } from './segments.ts';
import { smartEncode } from './smart.ts';
import { excerpt } from './split.ts';

/** The words by which phones tell a reaction to a phone that cannot show it. */
const VERBS: readonly (readonly [emoji: string, done: string, undone: string])[] = [
  ['❤️', 'Loved', 'a heart'],
  ['👍', 'Liked', 'a like'],
  ['👎', 'Disliked', 'a dislike'],
  ['😂', 'Laughed at', 'a laugh'],
  ['‼️', 'Emphasized', 'an exclamation'],
  ['❓', 'Questioned', 'a question mark'],
];
const bare = (emoji: string): string => emoji.replaceAll('\ufe0f', '');

/** A reaction as such a phrase, in one segment with the quoted text cut, if any cut makes it fit. */
export function tapback(emoji: readonly string[], quote: string | undefined): string {
  const [first] = emoji;
  const verb = first === undefined ? undefined : VERBS.find(([one]) => bare(one) === bare(first))?.[1];
  const start = first === undefined ? 'Removed a reaction from' : (verb ?? `Reacted ${excerpt(first, 8)} to`);
  // Nothing stands in quotes that nobody wrote.
  const known = quote !== undefined && excerpt(quote, 100) !== '';
  for (let size = known ? 100 : 0; size > 5; size -= 5) {
    const phrase = `${start} "${smartEncode(excerpt(quote ?? '', size))}"`;
    if (segmentsOf(phrase) <= 1) return phrase;
  }
  return `${start} a message`;
}

/** What a phrase says. `emoji` is empty where a reaction was taken back; `quote` may be only the beginning of a text. */
export type Tapback = { readonly emoji: readonly string[]; readonly quote: string };

const QUOTED = '["\u201c]\\s?(.+?)\\s?["\u201d]';
const done = VERBS.map(([emoji, words]) => [emoji, new RegExp(`^${words} ${QUOTED}$`, 's')] as const);
const undone = VERBS.map(([, , words]) => new RegExp(`^Removed ${words} from ${QUOTED}$`, 's'));
const REACTED = new RegExp(`^(?:Reacted )?(\\p{RGI_Emoji}) to ${QUOTED}$`, 'vs');
const TAKEN_BACK = new RegExp(`^Removed (?:a |the )?(?:\\p{RGI_Emoji}|reaction) from ${QUOTED}$`, 'vs');

/** Reads the phrases of Apple's and Google's phones, with straight and curly quotes. `undefined` for any other text. */
export function parseTapback(text: string): Tapback | undefined {
  const plain = text.replace(/[\u200a\u200b]/g, '').trim();
  for (const [emoji, pattern] of done) {
    const quote = pattern.exec(plain)?.[1];
    if (quote !== undefined) return { emoji: [emoji], quote };
  }
  for (const pattern of [...undone, TAKEN_BACK]) {
    const quote = pattern.exec(plain)?.[1];
    if (quote !== undefined) return { emoji: [], quote };
  }
  const [, emoji, quote] = REACTED.exec(plain) ?? [];
  return emoji === undefined || quote === undefined ? undefined : { emoji: [emoji], quote };
}

/** Whether a quote in a phrase, which may be cut with an ellipsis, is of this text. */
export function quotes(quote: string, text: string): boolean {
  const line = smartEncode(text).replace(/\s+/g, ' ').trim();
  const said = smartEncode(quote).replace(/\s+/g, ' ').trim();
  const cut = /^(.*?)\s*(?:\u2026|\.\.\.)$/.exec(said)?.[1];
  return line === said || (cut !== undefined && cut.length >= 3 && line.startsWith(cut));
}

/** The new text in the phrase by which a phone tells that a message was edited. */
export const parseEdited = (text: string): string | undefined =>
  /^Edited to ["\u201c](.+)["\u201d]$/s.exec(text.trim())?.[1];
