import type { Capabilities, NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, EventBody, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { linesOf, splitBytes } from './split.ts';

/**
 * What a network carries of a draft: the pieces that go over, in order. Empty where policy drops the kind.
 * Throws `Failure('not-supported')` where policy refuses it, and `too-large` where a text needs too many pieces.
 */
export function degrade(draft: Draft, capabilities: Capabilities, policy: NetworkMapping['policy']): readonly Draft[] {
  if ((capabilities.out[draft.kind] ?? 'none') !== 'none') {
    return draft.kind === 'message' ? cut(draft, capabilities) : [draft];
  }
  // What no table names is refused: nothing is lost silently.
  if ((policy.out[draft.kind] ?? 'refuse') === 'drop') return [];
  throw new Failure('not-supported');
}

type MessageDraft = Draft & Message;

function cut(draft: MessageDraft, { text: limits }: Capabilities): readonly Draft<EventBody>[] {
  const lines = limits.lines ? [draft.text] : linesOf(draft.text);
  const texts = limits.unit === 'bytes' ? lines.flatMap((line) => splitBytes(line, limits.size)) : lines;
  if (texts.length > limits.pieces) {
    throw new Failure('too-large', {
      text: `This would become ${texts.length} lines, and at most ${limits.pieces} are sent at once. Please share it as a link.`,
    });
  }
  const [only] = texts;
  if (texts.length === 1 && only === draft.text) return [draft];
  return texts.map((text) => ({ ...draft, text }));
}
