import { utf8Length } from '#src/model/text.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The lines of a text without empty ones. CR LF, CR and LF all end a line. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/).filter((line) => line !== '');

/**
 * Cuts one line into pieces of at most `size` bytes of UTF-8: after a space where there is one in reach, never inside
 * a grapheme unless the grapheme alone is longer than a piece. The pieces joined give the line.
 */
export function splitBytes(line: string, size: number): string[] {
  if (utf8Length(line) <= size) return [line];
  const pieces: string[] = [];
  let rest = line;
  while (utf8Length(rest) > size) {
    const cut = cutAt(rest, size);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  if (rest) pieces.push(rest);
  return pieces;
}

/** The index in UTF-16 units at which the first piece of a line that is too long ends. */
function cutAt(line: string, size: number): number {
  const reach = fitting(line, size);
  const space = line.lastIndexOf(' ', reach - 1) + 1;
  // A word longer than half a piece is cut: a lone short word before it would waste the line.
  return space > reach / 2 ? space : reach;
}

/** How many UTF-16 units of whole graphemes fit into `size` bytes; at least one code point. */
function fitting(line: string, size: number): number {
  let bytes = 0;
  let end = 0;
  // A code unit is at least one byte, so nothing past `size` units can fit.
  for (const { segment } of graphemes.segment(line.slice(0, size + 1))) {
    bytes += utf8Length(segment);
    if (bytes > size) break;
    end += segment.length;
  }
  return end > 0 ? end : codePoints(line, size);
}

/** The most of a giant grapheme that fits, cut between code points. */
function codePoints(line: string, size: number): number {
  let bytes = 0;
  let end = 0;
  for (const character of line) {
    bytes += utf8Length(character);
    if (bytes > size && end > 0) break;
    end += character.length;
  }
  return end;
}
