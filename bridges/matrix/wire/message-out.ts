import { restyle } from '#mappings/restyle.ts';
import { spoilerPrefix } from '#mappings/rungs.ts';
import { split } from '#mappings/split.ts';
import type { Message, MessageStyle } from '#src/model/event.ts';
import { utf8Length, xmlChars } from '#src/model/text.ts';
import type { Content, Json } from './event.ts';
import { fileContent, type Uploaded } from './files.ts';
import { veiled } from './inline.ts';
import { type Mentioned, withPills } from './pills.ts';
import { relates } from './replies.ts';

/** What is known where messages are written. */
export type WritingView = {
  /** Who has a nick in the room. */
  userOf(nick: string): string | undefined;
  /** The first message of a thread that XMPP calls so, and its latest. */
  rootOf?(thread: string): string | undefined;
  latestOf?(root: string): string | undefined;
  /** Those in the room who are called by what is said. */
  namedIn?(text: string): readonly Mentioned[];
  /** Whether the writer may call everybody in the room. */
  readonly callsAll?: boolean;
};

const MSGTYPES: Readonly<Record<MessageStyle, string>> = { plain: 'm.text', action: 'm.emote', notice: 'm.notice' };

/**
 * Bytes of a content as JSON. An event has 65 536 in all (§10.2), with what servers put beside it; encrypting makes four bytes of
 * three (§11.12.4.2), and not every room is known to be encrypted before that is done.
 */
const MOST_CONTENT = 45_000;
const fits = (content: Json): boolean => utf8Length(JSON.stringify(content)) <= MOST_CONTENT;

/** Letters of a correction that those see who know no corrections, where all of it is too much. */
const BRIEF = 500;

type Said = {
  readonly text: string;
  readonly style?: MessageStyle | undefined;
  readonly unstyled?: boolean;
  readonly spoiler?: string | undefined;
  /** Everybody in the room is called. */
  readonly toAll?: boolean;
};

/** The words of a message: as they are, and as HTML where that says more. `m.mentions` is always there (§11.13). */
export function textContent(said: Said, mentioned: readonly Mentioned[] = []): Json {
  const { text, style = 'plain', unstyled, spoiler, toAll } = said;
  const words = xmlChars(text);
  const html = hidden(withPills(restyle(words, unstyled ? 'plain' : 'styling', 'html'), mentioned), spoiler);
  const body = spoiler === undefined ? words : spoilerPrefix(spoiler) + words;
  const says = html !== restyle(body, 'plain', 'html') && fits({ body, html });
  const users = [...new Set(mentioned.map(({ user }) => user))];
  return {
    msgtype: MSGTYPES[style],
    body,
    ...(says && { format: 'org.matrix.custom.html', formatted_body: html }),
    'm.mentions': { ...(users.length > 0 && { user_ids: users }), ...(toAll && { room: true }) },
  };
}

/** §11.6: shown when its reader asks for it. */
function hidden(html: string, spoiler: string | undefined): string {
  if (spoiler === undefined) return html;
  const about = restyle(xmlChars(spoiler), 'plain', 'html').replace(/<br>/g, ' ');
  return `<span data-mx-spoiler${about === '' ? '' : `="${about}"`}>${html}</span>`;
}

/** §11.13: the words that call everybody. */
const ALL = /(?<![\p{L}\p{N}_])@room(?![\p{L}\p{N}_])/u;

/** RFC 5870: a message that is a place and nothing else. */
const PLACE = /^geo:-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?(?:[,;][\w.,;=%-]*)?$/;

/** The events that a message becomes: its words, then its files; words beside the only file are its caption. */
export function messageContents(
  message: Message,
  uploaded: readonly Uploaded[],
  view: WritingView,
): readonly Content[] {
  const { text, files = [], replyTo, thread } = message;
  const referred = (message.mentions ?? []).flatMap((nick): Mentioned[] => {
    const user = view.userOf(nick);
    return user === undefined ? [] : [{ nick, user }];
  });
  const root = thread === undefined ? undefined : view.rootOf?.(thread);
  const latest = root === undefined ? undefined : view.latestOf?.(root);
  const about = relates({ replyTo, thread: root, latest });
  const words = spokenWords(text, files);
  const mentioned = [...referred, ...(view.namedIn?.(words) ?? [])];
  const pairs = files.flatMap((file, index) => {
    const where = uploaded[index];
    return where ? [{ file, where }] : [];
  });
  const captioned = pairs.length === 1 && words !== '' && message.style === 'plain' && message.spoiler === undefined;
  const veil = veiled(message.spoiler);
  const told = pairs.map(({ file, where }) => ({
    ...fileContent(file, where, captioned ? words : undefined),
    ...veil,
  }));
  const isToAll = view.callsAll === true && ALL.test(words);
  const said = words === '' || captioned ? [] : [wordsContent(message, words, { mentioned, isToAll })];
  // Only the first is an answer; all are in the thread.
  const within = relates({ thread: root, latest });
  return [...said, ...told].map((content, index) => ({
    // §11.22: a sticker has a type of its own.
    type: content.msgtype === undefined ? 'm.sticker' : 'm.room.message',
    content: { 'm.mentions': {}, ...content, ...(index === 0 ? about : within) },
  }));
}

/** Clients repeat the address of a file as the text of its message (XEP-0066). */
const spokenWords = (text: string, files: Message['files'] = []): string =>
  files.some(({ url }) => url === text.trim()) ? '' : text;

type Called = { readonly mentioned: readonly Mentioned[]; readonly isToAll: boolean };

function wordsContent({ style, unstyled, spoiler }: Message, text: string, { mentioned, isToAll }: Called): Json {
  const place = text.trim();
  if (style === 'plain' && PLACE.test(place)) return { msgtype: 'm.location', body: place, geo_uri: place };
  return textContent({ text, style, spoiler, toAll: isToAll, ...(unstyled && { unstyled: true }) }, mentioned);
}

/** A correction: the new words, and what clients show who know no corrections (§11.9). Nobody is called by it once more. */
export function editContent(said: Said, target: string, mentioned: readonly Mentioned[] = []): Content {
  const fresh = textContent(said, mentioned);
  const body = fresh.body as string;
  const whole = {
    ...fresh,
    'm.mentions': {},
    body: `* ${body}`,
    ...(typeof fresh.formatted_body === 'string' && { formatted_body: `* ${fresh.formatted_body}` }),
    'm.new_content': fresh,
    'm.relates_to': { rel_type: 'm.replace', event_id: target },
  };
  if (fits(whole)) return { type: 'm.room.message', content: whole };
  const { format: _, formatted_body: __, ...plain } = whole as Json;
  const [beginning = ''] = split(body, BRIEF, 'characters');
  return { type: 'm.room.message', content: { ...plain, body: `* ${beginning}…` } };
}

/** One reaction (§11.10). */
export const reactionContent = (target: string, key: string): Content => ({
  type: 'm.reaction',
  content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: target, key } },
});
