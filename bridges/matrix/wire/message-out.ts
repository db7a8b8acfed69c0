import { restyle } from '#mappings/restyle.ts';
import type { Message, MessageStyle } from '#src/model/event.ts';
import { utf8Length, xmlChars } from '#src/model/text.ts';
import type { Content, Json } from './event.ts';
import { fileContent, type Uploaded } from './files.ts';
import { type Mentioned, withPills } from './pills.ts';
import { relates } from './replies.ts';

/** What is known where messages are written. */
export type WritingView = {
  /** Who has a nick in the room. */
  userOf(nick: string): string | undefined;
  /** The first message of a thread that XMPP calls so, and its latest. */
  rootOf?(thread: string): string | undefined;
  latestOf?(root: string): string | undefined;
};

const MSGTYPES: Readonly<Record<MessageStyle, string>> = { plain: 'm.text', action: 'm.emote', notice: 'm.notice' };

/** Bytes of body and HTML together: an event has 65 536 in all (§10.2), and JSON has escapes. */
const ROOM_FOR_TEXT = 52_000;

type Said = { readonly text: string; readonly style?: MessageStyle | undefined; readonly unstyled?: boolean };

/** The words of a message: as they are, and as HTML where that says more. `m.mentions` is always there (§11.13). */
export function textContent({ text, style = 'plain', unstyled }: Said, mentioned: readonly Mentioned[] = []): Json {
  const body = xmlChars(text);
  const html = withPills(restyle(body, unstyled ? 'plain' : 'styling', 'html'), mentioned);
  const says = html !== restyle(body, 'plain', 'html') && utf8Length(body) + utf8Length(html) < ROOM_FOR_TEXT;
  const users = [...new Set(mentioned.map(({ user }) => user))];
  return {
    msgtype: MSGTYPES[style],
    body,
    ...(says && { format: 'org.matrix.custom.html', formatted_body: html }),
    'm.mentions': users.length > 0 ? { user_ids: users } : {},
  };
}

/** RFC 5870: a message that is a place and nothing else. */
const PLACE = /^geo:-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?(?:[,;][\w.,;=%-]*)?$/;

/** The events that a message becomes: its words, then its files; words beside the only file are its caption. */
export function messageContents(
  message: Message,
  uploaded: readonly Uploaded[],
  view: WritingView,
): readonly Content[] {
  const { text, files = [], replyTo, thread } = message;
  const mentioned = (message.mentions ?? []).flatMap((nick): Mentioned[] => {
    const user = view.userOf(nick);
    return user === undefined ? [] : [{ nick, user }];
  });
  const root = thread === undefined ? undefined : view.rootOf?.(thread);
  const latest = root === undefined ? undefined : view.latestOf?.(root);
  const about = relates({ replyTo, thread: root, latest });
  const words = spokenWords(text, files);
  const pairs = files.flatMap((file, index) => {
    const where = uploaded[index];
    return where ? [{ file, where }] : [];
  });
  const captioned = pairs.length === 1 && words !== '' && message.style === 'plain';
  const told = pairs.map(({ file, where }) => fileContent(file, where, captioned ? words : undefined));
  const said = words === '' || captioned ? [] : [wordsContent(message, words, mentioned)];
  const [first, ...more] = [...said, ...told].map((content) => ({ 'm.mentions': {}, ...content }));
  if (!first) return [];
  // Only the first is an answer; all are in the thread.
  const within = relates({ thread: root, latest });
  return [{ ...first, ...about }, ...more.map((content) => ({ ...content, ...within }))].map((content) => ({
    type: 'm.room.message',
    content,
  }));
}

/** Clients repeat the address of a file as the text of its message (XEP-0066). */
const spokenWords = (text: string, files: Message['files'] = []): string =>
  files.some(({ url }) => url === text.trim()) ? '' : text;

function wordsContent(message: Message, text: string, mentioned: readonly Mentioned[]): Json {
  const place = text.trim();
  if (message.style === 'plain' && PLACE.test(place)) return { msgtype: 'm.location', body: place, geo_uri: place };
  return textContent({ text, style: message.style, ...(message.unstyled && { unstyled: true }) }, mentioned);
}

/** A correction: the new words, and what clients show who know no corrections (§11.9). */
export function editContent(said: Said, target: string): Content {
  const fresh = textContent(said);
  return {
    type: 'm.room.message',
    content: {
      ...fresh,
      body: `* ${fresh.body as string}`,
      ...(typeof fresh.formatted_body === 'string' && { formatted_body: `* ${fresh.formatted_body}` }),
      'm.new_content': fresh,
      'm.relates_to': { rel_type: 'm.replace', event_id: target },
    },
  };
}

/** One reaction (§11.10). */
export const reactionContent = (target: string, key: string): Content => ({
  type: 'm.reaction',
  content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: target, key } },
});
