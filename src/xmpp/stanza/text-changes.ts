/**
 * A piece of a text with something else in its place. Positions are counted in code points, as the extensions of XMPP
 * do (XEP-0426 §4.1); `end` is exclusive.
 */
export type TextChange = { readonly start: number; readonly end: number; readonly text: string };

/** Everything from the first to the last character. */
export const WHOLE = { start: 0, end: Number.POSITIVE_INFINITY } as const;

/** The text with all changes made. What lies within a piece that is taken out is not changed any further. */
export function changedText(text: string, changes: readonly TextChange[]): string {
  if (changes.length === 0) return text;
  const characters = [...text];
  const pieces: string[] = [];
  let done = 0;
  for (const { start, end, text: instead } of changes.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < done || end < start) continue;
    pieces.push(characters.slice(done, start).join(''), instead);
    done = Math.min(end, characters.length);
  }
  return pieces.join('') + characters.slice(done).join('');
}

/** How many code points the text has. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
