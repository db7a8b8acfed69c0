import { authorOf, type Ids } from '#src/core/ids.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { MessageId } from '#src/model/ids.ts';

/** Whether a draft is about an earlier message. */
export const points = (draft: Draft): boolean => targetOf(draft) !== undefined;

function targetOf(draft: Draft): MessageId | undefined {
  if ('target' in draft) return draft.target;
  return draft.kind === 'message' ? draft.replyTo : undefined;
}

/**
 * The draft as the side `to` can read it, with that side's id of the message that it is about. A retraction becomes
 * one for each of the ids. Synchronous where the message is recent. An unknown message is `Failure('item-not-found')`;
 * a reply to one is a message of its own: its words matter more than what they answer.
 */
export function translate(
  draft: Draft,
  ids: Pick<Ids, 'resolve'>,
  to: 'xmpp' | 'foreign',
): readonly Draft[] | Promise<readonly Draft[]> {
  const target = targetOf(draft);
  if (target === undefined) return [draft];
  const lost = (error: unknown): readonly Draft[] => {
    if (draft.kind !== 'message' || !(error instanceof Failure) || error.code !== 'item-not-found') throw error;
    const { replyTo: _, ...rest } = draft;
    return [rest];
  };
  try {
    const at = { place: draft.place, target, ...(to === 'foreign' && ofOwn(draft)) };
    const found = ids.resolve(at, to);
    return found instanceof Promise ? found.then((late) => pointed(draft, late), lost) : pointed(draft, found);
  } catch (error) {
    return lost(error);
  }
}

/** XEP-0308 §4, XEP-0424 §4: only one's own messages; what others wrote is for moderators to remove (`by`). */
function ofOwn(draft: Draft): { readonly author?: string } {
  const own = draft.kind === 'edit' || (draft.kind === 'retract' && draft.by === undefined);
  return own ? { author: authorOf(draft.from) } : {};
}

function pointed(draft: Draft, found: readonly MessageId[]): readonly Draft[] {
  const [first] = found;
  if (first === undefined) return [];
  if (draft.kind === 'message') return [{ ...draft, replyTo: first }];
  if (draft.kind === 'retract') return found.map((target) => ({ ...draft, target }));
  return 'target' in draft ? [{ ...draft, target: first }] : [draft];
}
