import { featureOf } from '#mappings/parts.ts';
import { messageTexts } from '#mappings/texts/messages.ts';
import { authorOf, writerOf } from '#src/core/ids.ts';
import type { Feature } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { MessageId } from '#src/model/ids.ts';

/** The id of the earlier message that a draft is about. */
export function targetOf(draft: Draft): MessageId | undefined {
  if ('target' in draft) return draft.target;
  return draft.kind === 'message' ? draft.replyTo : undefined;
}

/** Whether a draft is about an earlier message. */
export const points = (draft: Draft): boolean => targetOf(draft) !== undefined;

/** What the tables call it that a draft is about an earlier message. */
export const featurePointing = (draft: Draft): Feature => (draft.kind === 'message' ? 'reply' : featureOf(draft));

/** XEP-0308 §4, XEP-0424 §4: only one's own messages; what others wrote is for moderators to remove (`by`). */
export function authorIn(draft: Draft): string | undefined {
  const own = draft.kind === 'edit' || (draft.kind === 'retract' && draft.by === undefined);
  return own ? authorOf(writerOf(draft)) : undefined;
}

/** The message that somebody speaks of is none of this place. */
export const unknown = (): Failure => new Failure('item-not-found', { text: messageTexts.aboutUnknown });

/**
 * A draft with the ids by which the other side calls what it is about; a retraction becomes one for each of them. Where
 * nobody knows it that is `Failure('item-not-found')`; but a reply is a message of its own then: its words matter more
 * than what they answer.
 */
export function translate(draft: Draft, ids: readonly MessageId[] | undefined): readonly Draft[] {
  if (!points(draft)) return [draft];
  const [first] = ids ?? [];
  if (first !== undefined) {
    if (draft.kind === 'message') return [{ ...draft, replyTo: first }];
    if (draft.kind === 'retract' && ids) return ids.map((target) => ({ ...draft, target }));
    return 'target' in draft ? [{ ...draft, target: first }] : [draft];
  }
  if (draft.kind !== 'message') throw unknown();
  const { replyTo: _, ...rest } = draft;
  return [rest];
}
