import { headerOf, type RawHeader } from './header-block.ts';
import type { ParsedMail } from './mail.ts';
import type { ReadPart } from './media-part.ts';

/** More emoji in one reaction are none. */
const MOST_EMOJI = 20;
const LONGEST_EMOJI = 40;
const GMAIL = 'text/vnd.google.email-reaction+json';

/**
 * The emoji of a mail that reacts to its In-Reply-To: Gmail's part, else that of RFC 9078. An empty list takes a reaction back
 * (RFC 9078 has no word for that; Delta Chat writes so).
 */
export function reactionOf(read: readonly ReadPart[]): readonly string[] | undefined {
  const gmail = read.find(({ part }) => part.type === GMAIL);
  if (gmail) return gmailReaction(gmail.text);
  const said = read.find(({ part }) => part.disposition === 'reaction');
  return said && emojiOf(said.text.trim().split(/\s+/));
}

/** In which form it does. */
export const reactionFormOf = (read: readonly ReadPart[]): NonNullable<ParsedMail['reactsAs']> =>
  read.some(({ part }) => part.type === GMAIL) ? 'gmail' : 'standard';

function gmailReaction(text: string): readonly string[] | undefined {
  try {
    const { emoji }: { emoji?: unknown } = JSON.parse(text) ?? {};
    return typeof emoji === 'string' ? emojiOf([emoji]) : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where words are among them. */
function emojiOf(words: readonly string[]): readonly string[] | undefined {
  const emoji = words.filter((word) => word !== '');
  return emoji.length <= MOST_EMOJI && emoji.every(isEmoji) ? [...new Set(emoji)] : undefined;
}

/** Whether a word can be a reaction: RFC 9078 has emoji alone. Pure. */
export const isEmoji = (word: string): boolean =>
  word.length <= LONGEST_EMOJI && /\p{Emoji}/u.test(word) && !/[\p{L}\p{Cc}\s<>]/u.test(word);

/** What Delta Chat says of a mail: the Message-ID whose text this one replaces, or that it takes back, and the group. */
export function chatOf(headers: readonly RawHeader[]): ParsedMail['chat'] {
  const version = headerOf(headers, 'chat-version');
  if (version === undefined) return undefined;
  const [edits, deletes] = ['chat-edit', 'chat-delete'].map((name) => bareId(headerOf(headers, name)));
  const group = headerOf(headers, 'chat-group-id')?.slice(0, 200);
  return {
    version: version.slice(0, 20),
    ...(edits && { edits }),
    ...(deletes && { deletes }),
    ...(group && { group }),
  };
}

const bareId = (value: string | undefined): string | undefined => /<?([^<>\s]{3,998})>?/.exec(value ?? '')?.[1];
