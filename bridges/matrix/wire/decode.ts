import type { EventBody } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { type Content, objectOf, type RoomEvent, textOf } from './event.ts';
import { messageIn, type ReadingView, wordsOf } from './message-in.ts';
import { extensibleText } from './polls.ts';
import { relationOf } from './replies.ts';

/**
 * What an event of the timeline that is no state says; nothing for what has no words. Reactions are none of these: they
 * are told as whole sets (`reactions.ts`). `author` has sent what a redaction is about.
 */
export function decode(event: RoomEvent, view: ReadingView, author?: string): readonly EventBody[] {
  if (event.redacted) return [];
  if (event.type === 'm.room.redaction') return redaction(event, view, author);
  // §13.3: everybody's client rings; who has hung up, or takes it elsewhere, is no news.
  if (event.type === 'm.call.invite') return [{ kind: 'call' }];
  const { replaces } = relationOf(event.content);
  if (replaces !== undefined) return edit(event, replaces, view);
  const message = isSaid(event) ? messageIn(event, view) : undefined;
  return message ? [message] : [];
}

const SAID: ReadonlySet<string> = new Set([
  ...['m.room.message', 'm.sticker', 'm.poll.start', 'm.poll.end'],
  ...['org.matrix.msc3381.poll.start', 'org.matrix.msc3381.poll.end'],
]);

/**
 * Whether an event is a message: by its type, or as one that nobody here knows and that says in words what it is (MSC1767).
 */
export const isSaid = ({ type, content }: Content): boolean =>
  SAID.has(type) || (!type.startsWith('m.') && extensibleText(content) !== '');

/** §11.9: only the new content counts. A correction that has none is none. */
function edit({ type, content }: RoomEvent, target: string, view: ReadingView): readonly EventBody[] {
  const fresh = objectOf(content['m.new_content']);
  const message = isSaid({ type, content: fresh }) ? messageIn({ type, content: fresh }, view) : undefined;
  if (!message) return [];
  // A caption is what may change of a file.
  const text = message.text === '' ? wordsOf(fresh, view) : message.text;
  return [{ kind: 'edit', target: target as ForeignId, text, style: message.style }];
}

function redaction(
  { redacts, sender, content }: RoomEvent,
  view: ReadingView,
  author: string | undefined,
): readonly EventBody[] {
  if (redacts === undefined) return [];
  const reason = textOf(content.reason);
  return [
    {
      kind: 'retract',
      target: redacts as ForeignId,
      ...(reason !== undefined && reason !== '' && { reason }),
      ...(author !== undefined && author !== sender && { by: view.nickOf(sender) ?? sender }),
    },
  ];
}
