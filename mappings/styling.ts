/** What a run of characters can look like. Colours and sizes are not kept. */
export type Mark = 'bold' | 'italic' | 'strike' | 'monospace';
export const MARKS: readonly Mark[] = ['bold', 'italic', 'strike', 'monospace'];

/** Characters of one look. `link` is where they lead. */
export type Run = { readonly text: string; readonly marks: ReadonlySet<Mark>; readonly link?: string };

/** A part of a text: one line, lines as they were typed, or what somebody quotes. */
export type Block =
  | { readonly kind: 'line'; readonly runs: readonly Run[] }
  | { readonly kind: 'pre'; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] };

/** A styled text, in no network's syntax. */
export type Styled = readonly Block[];

/** The deepest quote that is followed; below, it is text of the quote above. */
export const QUOTE_DEPTH = 16;

/** The words of a line without their looks. */
export const runsText = (runs: readonly Run[]): string => runs.map(({ text }) => text).join('');

/** The words of a styled text, a line for each line. */
export const plainText = (styled: Styled): string =>
  styled
    .map((block) => {
      if (block.kind === 'line') return runsText(block.runs);
      return block.kind === 'pre' ? block.text : plainText(block.blocks);
    })
    .join('\n');

/** The runs with neighbours of the same look joined, and without empty ones. */
export function joinRuns(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (run.text === '') continue;
    if (last && last.link === run.link && sameMarks(last.marks, run.marks))
      joined[joined.length - 1] = { ...last, text: last.text + run.text };
    else joined.push(run);
  }
  return joined;
}

const sameMarks = (a: ReadonlySet<Mark>, b: ReadonlySet<Mark>): boolean =>
  a.size === b.size && [...a].every((mark) => b.has(mark));

/** A run's text where a syntax has no links: the address follows what leads to it. */
export const withAddress = ({ text, link }: Run): string =>
  link === undefined || link === text ? text : `${text} (${link})`;
