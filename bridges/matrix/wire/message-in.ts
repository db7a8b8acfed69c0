import { restyle } from '#mappings/restyle.ts';
import type { FileRef, Message, MessageStyle } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { xmlChars } from '#src/model/text.ts';
import { type Content, type Json, objectOf, textOf, textsOf } from './event.ts';
import { captionOf, fileOf, type MatrixFile } from './files.ts';
import { spoilerIn, veilIn, withoutImages } from './inline.ts';
import { withoutPills } from './pills.ts';
import { extensibleText, pollText } from './polls.ts';
import { relationOf, withoutFallback } from './replies.ts';

/** What is known where messages are read. */
export type ReadingView = {
  /** The nick of somebody in the room, or the name of the person. */
  nickOf(user: string): string | undefined;
  /** Where a file can be fetched; nothing where it cannot. */
  link(file: MatrixFile): FileRef | undefined;
  /** The thread as XMPP calls it whose first message this is; else it is called by its id. */
  threadOf?(root: string): string | undefined;
};

const STYLES: Readonly<Record<string, MessageStyle>> = { 'm.emote': 'action', 'm.notice': 'notice' };

const htmlOf = ({ format, formatted_body: html }: Json): string | undefined =>
  format === 'org.matrix.custom.html' ? textOf(html) : undefined;

/** What is hidden of a message at first is about; XMPP hides all of it (XEP-0382). */
function spoilerOf(content: Json): string | undefined {
  const about = spoilerIn(htmlOf(content) ?? '');
  if (about !== undefined) return restyle(about, 'html', 'plain').trim();
  const veil = veilIn(content);
  return veil === undefined ? undefined : xmlChars(veil).trim();
}

/** What somebody says, as far as it has words: the HTML of clients where there is some, else the body. */
export function wordsOf(content: Json, view: Pick<ReadingView, 'nickOf'>, isReply = false): string {
  const html = htmlOf(content);
  if (html !== undefined)
    return withoutEdges(restyle(withoutImages(withoutPills(html, view.nickOf)), 'html', 'styling'));
  const body = textOf(content.body) ?? '';
  return xmlChars(isReply ? withoutFallback(body) : body);
}

/** A text without the line breaks that it begins and ends with: in one go, however many there are. */
function withoutEdges(text: string): string {
  let [begin, end] = [0, text.length];
  while (text[begin] === '\n') begin++;
  while (end > begin && text[end - 1] === '\n') end--;
  return text.slice(begin, end);
}

/** The message of an event of a type that has words or a file; nothing where there is nothing to be told. */
export function messageIn({ type, content }: Content, view: ReadingView): Message | undefined {
  const file = fileOf({ type, content });
  const about = relationOf(content);
  const text = file ? captionText(content, view) : textIn({ type, content }, view, about.replyTo !== undefined);
  const link = file && view.link(file);
  // A file that cannot be linked to is told by its name.
  const words = file && !link ? [text, file.name ?? ''].filter((one) => one !== '').join('\n') : text;
  if (words === '' && !link) return undefined;
  const mentions = textsOf(objectOf(content['m.mentions']).user_ids).flatMap((user) => view.nickOf(user) ?? []);
  const { thread, replyTo } = about;
  const spoiler = spoilerOf(content);
  return {
    kind: 'message',
    text: words,
    style: STYLES[textOf(content.msgtype) ?? ''] ?? 'plain',
    ...(link && { files: [link] }),
    ...(replyTo !== undefined && { replyTo: replyTo as ForeignId }),
    ...(thread !== undefined && { thread: view.threadOf?.(thread) ?? thread }),
    ...(mentions.length > 0 && { mentions }),
    ...(spoiler !== undefined && { spoiler }),
  };
}

function captionText(content: Json, view: ReadingView): string {
  return captionOf(content) === undefined ? '' : wordsOf(content, view);
}

function textIn({ type, content }: Content, view: ReadingView, isReply: boolean): string {
  const poll = pollText(type, content);
  if (poll !== undefined) return poll;
  if (content.body === undefined && content.msgtype === undefined) return extensibleText(content);
  return content.msgtype === 'm.location' ? locationText(content) : wordsOf(content, view, isReply);
}

/** A place as its `geo:` URI (RFC 5870) with its words, where those say more. */
function locationText(content: Json): string {
  const uri = xmlChars(textOf(content.geo_uri) ?? '');
  const words = xmlChars(textOf(content.body) ?? '');
  if (!/^geo:[-\d.]/.test(uri)) return words;
  return words === '' || words.includes(uri) ? words || uri : `${uri}\n${words}`;
}
