import type { Event, EventOf } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import { type Language, spoken } from '#src/model/language.ts';
import { fileText } from './files.ts';
import { messageTexts as texts } from './texts/messages.ts';

type Message = EventOf<'message'>;
/** What is told, and of which events. */
type Told = { readonly event: Event; readonly of: readonly EventId[] };

/** Messages, and UTF-16 units of text, that are told as one: a stanza has less than 64 KiB. */
const MOST = 50;
const LONGEST = 16_000;

/**
 * What is told of events of one conversation that have waited for their reader: of messages one, with the id of the last. What was
 * corrected meanwhile says the last, what was taken back nothing; all else comes behind as it is. Pure.
 */
export function digestOf(events: readonly Event[], language: Language): readonly Told[] {
  const messages = new Map<string, Message>();
  const others: Event[] = [];
  for (const event of events) {
    const about = 'target' in event ? messages.get(event.target) : undefined;
    if (event.kind === 'message') messages.set(event.id, event);
    else if (event.kind === 'edit' && about) messages.set(about.id, { ...about, text: event.text });
    else if (event.kind === 'retract' && about) messages.delete(about.id);
    else others.push(event);
  }
  const told = parted([...messages.values()]).map((some) => ({
    event: together(some, language),
    of: some.map(({ id }) => id),
  }));
  return [...told, ...others.map((event) => ({ event, of: [event.id] }))];
}

/** As many as may be told as one, in order. */
function parted(messages: readonly Message[]): readonly (readonly Message[])[] {
  const parts: Message[][] = [];
  let length = 0;
  for (const message of messages) {
    const own = lineOf(message).length;
    const last = parts.at(-1);
    if (last && last.length < MOST && length + own <= LONGEST) last.push(message);
    else parts.push([message]);
    length = parts.at(-1)?.length === 1 ? own : length + own;
  }
  return parts;
}

function together(messages: readonly Message[], language: Language): Event {
  const last = messages.at(-1) as Message;
  if (messages.length === 1) return last;
  const { subject: _, replyTo: __, files: ___, mentions: ____, spoiler: _____, ...rest } = last;
  const { text: head, ...said } = spoken(texts.whileAway(messages.length), language);
  return {
    ...{ ...rest, ...said, style: 'plain' },
    text: [head, ...messages.map(lineOf)].join('\n\n'),
    ...(messages.every(({ unstyled }) => unstyled) ? { unstyled: true } : {}),
    ...(messages.some(({ markable }) => markable) ? { markable: true } : {}),
  };
}

/** When it was said, and what, with what a message of several has no other place for. */
function lineOf({ at, text, subject, files = [] }: Message): string {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 16);
  const links = files.filter(({ url }) => !text.includes(url)).map(fileText);
  const parts = [...(subject !== undefined && !text.startsWith(subject) ? [subject] : []), text, ...links];
  return `${time} UTC: ${parts.filter((part) => part !== '').join('\n')}`;
}
