import type { About, ArchivedEvent, Retracted } from '#src/core/index.ts';
import { pseudonymOf } from '#src/lib/pseudonym.ts';
import type { Event, EventBody, EventOf } from '#src/model/event.ts';
import type { EventId, XmppId } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Archived } from '#src/store/rows/archive/archive.ts';

/** What is said in a room, which its archive keeps and its occupants are shown as it is. */
export type Archivable = Event<Extract<EventBody, { kind: 'message' | 'edit' | 'retract' | 'reaction' }>>;

export const isArchivable = <E extends { readonly kind: EventBody['kind'] }>(
  event: E,
): event is Extract<E, { kind: Archivable['kind'] }> =>
  event.kind === 'message' || event.kind === 'edit' || event.kind === 'retract' || event.kind === 'reaction';

/** What is older by so many ms was not said just now. Clocks of networks differ by less. */
const LATE = 2 * 60_000;

/** Whether it happened some time ago, and is told only now. */
export const isLate = ({ live = true, at }: { readonly live?: boolean; readonly at?: number }, now: number): boolean =>
  !live || (at !== undefined && now - at > LATE);

/** The id of the message that it is about. */
export const aboutOf = (event: Archivable): string | undefined =>
  event.kind === 'message' ? event.replyTo : event.target;

/** Who said something, as the archive knows it. A room is not to be searched for what one of our users said. */
export const sayer = (from: Party): string => (from.kind === 'network' ? from.id : pseudonymOf(from.bare));

/** The same by what links call them (`authorOf` in core/ids). */
export const sayerOf = (author: string): string =>
  author.startsWith('xmpp:') ? pseudonymOf(author.slice('xmpp:'.length)) : author;

/** What a row keeps of an event; `author` is who wrote what it is about. */
export function bodyOf(event: Archivable, author?: string): string {
  switch (event.kind) {
    case 'message': {
      const { text, style, files, replyTo, subject, spoiler, mentions, thread, lang, unstyled } = event;
      const plain = style === 'plain' ? undefined : style;
      const more = plain ?? files ?? replyTo ?? subject ?? spoiler ?? mentions ?? thread ?? lang ?? unstyled ?? author;
      // Most are their text alone.
      if (more === undefined) return JSON.stringify({ text });
      const said = { text, style: plain, files, replyTo, subject, spoiler, mentions, thread, lang, unstyled };
      return JSON.stringify({ ...said, author });
    }
    case 'edit':
      return JSON.stringify({
        ...{ target: event.target, text: event.text, style: event.style, unstyled: event.unstyled },
        ...{ lang: event.lang, author },
      });
    case 'retract':
      return JSON.stringify({ target: event.target, reason: event.reason, by: event.by, author });
    case 'reaction':
      return JSON.stringify({ target: event.target, emoji: event.emoji, author });
  }
}

/** A message with the text of a correction. */
export const correctedBody = (body: string, { text, style, unstyled }: EventOf<'edit'>): string =>
  JSON.stringify({ ...JSON.parse(body), text, style, unstyled });

/** What stands where a message was (XEP-0424 §5, XEP-0425 §5). */
export const tombstone = ({ id, at, by, reason }: EventOf<'retract'>, xmpp: XmppId | undefined): string =>
  JSON.stringify({ id: xmpp ?? id, at, by, reason } satisfies Retracted);

/** The text of a row, as long as it has one. */
export function textOf({ kind, body }: Archived): string | undefined {
  return kind === 'message' ? (JSON.parse(body) as { readonly text: string }).text : undefined;
}

/** A row as an event of the past; `about` is the row of the message that it is about. */
export function eventOf(row: Archived, place: Place, about: Archived | undefined): ArchivedEvent {
  const { id, at, fromName, fromId, kind, body, xmpp, event: own } = row;
  const nick = fromName ?? fromId;
  // What was shown when it was said had the event's own id where nobody on XMPP had given one.
  const xmppId = (xmpp ?? own) as XmppId;
  const from: Party = { kind: 'network', id: nick, name: nick };
  const head = { id: xmppId as string as EventId, at, place, from, live: false };
  const marks = { id: xmppId, stanzaId: String(id), by: fromId };
  if (kind === 'retracted') {
    const gone: Event = { ...head, kind: 'message', text: '', style: 'plain' };
    return { id: marks.stanzaId, at, event: gone, marks: { ...marks, retracted: JSON.parse(body) as Retracted } };
  }
  const { author, ...said } = JSON.parse(body) as { author?: string };
  const plain = kind === 'message' ? { style: 'plain' } : {};
  const event = { ...plain, ...head, ...said, kind } as Event;
  const known = row.about === null ? undefined : aboutRow(row.about, about, author);
  return { id: marks.stanzaId, at, event, marks: known ? { ...marks, about: known } : marks };
}

/** What readers are told of a message that others are about. */
export function aboutRow(id: number, row: Archived | undefined, author = row && (row.fromName ?? row.fromId)): About {
  const quote = row && textOf(row);
  return {
    stanzaId: String(id),
    ...(author !== undefined && { author }),
    ...(quote !== undefined && quote !== '' && { quote }),
  };
}

/** The number of a stanza-id; nothing for what is none of ours. */
export function numberOf(id: string): number | undefined {
  const number = /^\d{1,16}$/.test(id) ? Number(id) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The newest that fit into so many characters of text (XEP-0045 §7.2.14). */
export function within(
  events: readonly ArchivedEvent[],
  characters = Number.POSITIVE_INFINITY,
): readonly ArchivedEvent[] {
  let left = characters;
  const first = events.findLastIndex(({ event }) => (left -= 'text' in event ? (event.text ?? '').length : 0) < 0);
  return events.slice(first + 1);
}
