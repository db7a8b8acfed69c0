import { xmlChars } from '#src/model/text.ts';
import { eventIdOf, type Json, objectOf, textOf } from './event.ts';

/** What a message is about, as `m.relates_to` says. */
export type Relation = {
  readonly replaces?: string;
  readonly replyTo?: string;
  /** The first message of a thread. */
  readonly thread?: string;
  readonly reaction?: { readonly target: string; readonly key: string };
};

/** Letters of a reaction: it is an emoji or a few words. */
const LONGEST_KEY = 255;

/** Reads it. A reply that only stands there for clients without threads is none (§11.14). */
export function relationOf(content: Json): Relation {
  const about = objectOf(content['m.relates_to']);
  const target = eventIdOf(about.event_id);
  const replyTo = eventIdOf(objectOf(about['m.in_reply_to']).event_id);
  const type = textOf(about.rel_type);
  if (type === 'm.replace' && target !== undefined) return { replaces: target };
  if (type === 'm.annotation' && target !== undefined) {
    const key = xmlChars(keyIn(content, textOf(about.key) ?? ''));
    return key === '' || key.length > LONGEST_KEY ? {} : { reaction: { target, key } };
  }
  const threaded = type === 'm.thread' && target !== undefined;
  const fallback = threaded && about.is_falling_back === true;
  return {
    ...(threaded && { thread: target }),
    ...(replyTo !== undefined && !fallback && { replyTo }),
  };
}

/** MSC4027: one by a picture says in words what that is. */
const keyIn = (content: Json, key: string): string =>
  key.startsWith('mxc://')
    ? (textOf(content.shortcode) ?? textOf(content['com.beeper.reaction.shortcode']) ?? '🖼')
    : key;

/** A body without the lines that quote what it answers, as older clients write them before it. */
export function withoutFallback(body: string): string {
  if (!/^> (?:\* )?</.test(body)) return body;
  const lines = body.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('>'));
  if (first < 0) return body;
  return lines.slice(lines[first] === '' ? first + 1 : first).join('\n');
}

/** What `m.relates_to` says of a message that answers another, is in a thread, or both. `latest` is the thread's last. */
export function relates(about: {
  readonly replyTo?: string | undefined;
  readonly thread?: string | undefined;
  readonly latest?: string | undefined;
}): Json {
  const { replyTo, thread, latest } = about;
  if (thread !== undefined) {
    const falling = replyTo === undefined;
    const answers = { event_id: replyTo ?? latest ?? thread };
    const relation = { rel_type: 'm.thread', event_id: thread, is_falling_back: falling, 'm.in_reply_to': answers };
    return { 'm.relates_to': relation };
  }
  return replyTo === undefined ? {} : { 'm.relates_to': { 'm.in_reply_to': { event_id: replyTo } } };
}
