/** What an edit changed, by words. `before` and `after` are the parts that differ. */
export type Change = { readonly before: string; readonly after: string; readonly share: number };

/** The words between the common beginning and the common end of two lines. `share` is how much of the new text they are. */
export function changeOf(previous: string, next: string): Change {
  const old = previous.split(' ');
  const fresh = next.split(' ');
  const most = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < most && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const after = fresh.slice(head, fresh.length - tail);
  return {
    before: old.slice(head, old.length - tail).join(' '),
    after: after.join(' '),
    share: after.length / fresh.length,
  };
}

/** The changed words of a text of one line, or all of it where they would not be understood alone. */
export function changedWords(previous: string | undefined, next: string): string {
  if (previous === undefined || /\n/.test(previous + next)) return next;
  const { after, share } = changeOf(previous, next);
  return after === '' || share > 0.5 || isTorn(after) ? next : after;
}

/** Whether words have one end of a styled span (XEP-0393 §5.2) and not the other. */
const isTorn = (words: string): boolean => ['*', '_', '~', '`'].some((sign) => words.split(sign).length % 2 === 0);

/** `s/old/new/`, or nothing where that would not say which words are meant. */
export function substitution(previous: string | undefined, next: string): string | undefined {
  if (previous === undefined || /[\n/]/.test(previous + next)) return undefined;
  const { before, after, share } = changeOf(previous, next);
  const unique = before !== '' && previous.indexOf(before) === previous.lastIndexOf(before);
  const clear = unique && after !== '' && share <= 0.5;
  return clear && !isTorn(before) && !isTorn(after) ? `s/${before}/${after}/` : undefined;
}
