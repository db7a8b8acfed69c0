import type { DraftOf, Ladder, Target } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import type { Party } from '#src/model/party.ts';
import { placeKey } from '#src/model/place.ts';
import { featureOf, levelIn } from './parts.ts';

/** What speaks of an earlier message in a way that a later word of the same kind makes void. */
type Change = DraftOf<'edit'> | DraftOf<'reaction'> | DraftOf<'retract'>;

const isChange = (draft: Draft): draft is Change =>
  draft.kind === 'edit' || draft.kind === 'reaction' || draft.kind === 'retract';

/**
 * For how long a draft may be held back, in milliseconds, because more of its kind may follow: a network that carries
 * it as what it is can be told each of them. Pure.
 */
export function windowOf(draft: Draft, { levels, ladders }: Pick<Target, 'levels' | 'ladders'>): number {
  const feature = featureOf(draft);
  const ladder: Ladder | undefined = ladders[feature];
  return levelIn(levels, feature) === 'full' ? 0 : (ladder?.window ?? 0);
}

/**
 * What is left to tell of drafts of one place that were held back together, in their order: of somebody's corrections of
 * a message the last, of somebody's reactions to it the last whole set (XEP-0444 §4), and of a message that was taken
 * back nothing but that. Messages are never touched. Pure.
 */
export function combine<D extends Draft>(drafts: readonly D[]): readonly D[] {
  return drafts.filter((draft, index) => !drafts.slice(index + 1).some((later) => replaces(later, draft)));
}

/** Whether an earlier draft need not be told any more where a later one is. */
export function replaces(later: Draft, earlier: Draft): boolean {
  if (!isChange(later) || !isChange(earlier) || later.target !== earlier.target) return false;
  if (placeKey(later.place) !== placeKey(earlier.place)) return false;
  // What is gone has no reactions, whoever gave them.
  if (later.kind === 'retract') return earlier.kind !== 'retract';
  return later.kind === earlier.kind && speaker(later.from) === speaker(earlier.from);
}

const speaker = (from: Party): string => (from.kind === 'xmpp' ? `xmpp ${from.bare}` : `network ${from.id}`);
