/** Lines of a text that belong together: as they were written, or quoted. Quoted ones have no `>` of the first level. */
export type TextBlock = { readonly quoted: boolean; readonly lines: readonly string[] };

export const isBlankLine = (line: string): boolean => line.trim() === '';

/** The lines without blank ones at either end. */
export function trimLines(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => !isBlankLine(line));
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => !isBlankLine(line)) + 1);
}

/** Blocks of lines in their order. A `>` counts at the beginning of a line; blank lines between two quotes belong to them. */
export function blocksOf(lines: readonly string[]): TextBlock[] {
  const blocks: { quoted: boolean; lines: string[] }[] = [];
  for (const line of lines) {
    const quoted = /^ ?>/.test(line);
    const text = quoted ? line.replace(/^ ?> ?/, '') : line;
    const last = blocks.at(-1);
    if (last && last.quoted === quoted) last.lines.push(text);
    else blocks.push({ quoted, lines: [text] });
  }
  return joinAround(
    blocks.filter(({ lines: held }, at) => at === 0 || !held.every(isBlankLine) || !between(blocks, at)),
  );
}

const between = (blocks: readonly TextBlock[], at: number): boolean =>
  blocks[at]?.quoted === false && blocks[at - 1]?.quoted === true && blocks[at + 1]?.quoted === true;

function joinAround(blocks: readonly TextBlock[]): TextBlock[] {
  const joined: TextBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.quoted && block.quoted)
      joined[joined.length - 1] = { quoted: true, lines: [...last.lines, '', ...block.lines] };
    else joined.push(block);
  }
  return joined;
}

/** Words that are compared: letters and figures in small letters, so that neither wrapping nor styling counts. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
