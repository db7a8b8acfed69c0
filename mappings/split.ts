import type { TextLimits } from '#src/model/capabilities.ts';
import { isBlank, utf8Length } from '#src/model/text.ts';
import { restyle } from './restyle.ts';
import { countSegments, segmentsOf } from './segments.ts';
import { smartEncode } from './smart.ts';
import { fencesAsSpans } from './styling-plain.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

type Unit = TextLimits['unit'];

/** How a unit is counted: at once, and while a text grows. */
type Measure = {
  of(text: string): number;
  grow(): (added: string) => number;
  /** The most that one UTF-16 unit of a text measures. */
  readonly most: number;
  /** How many UTF-16 units of a text surely measure more than `size`. */
  beyond(size: number): number;
};

const adding = (of: (text: string) => number) => () => {
  let sum = 0;
  return (added: string) => (sum += of(added));
};

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/** XML 1.0 §2.4: what takes more room as an entity, and how much that is. */
const ENTITIES = /[<>&"'\r]/g;
const GROWTH: Readonly<Record<string, number>> = { '<': 3, '>': 3, '&': 4, '"': 5, "'": 5, '\r': 4 };

function escapedLength(text: string): number {
  let length = utf8Length(text);
  for (const [char] of text.matchAll(ENTITIES)) length += GROWTH[char] ?? 0;
  return length;
}

const measures: Readonly<Record<Unit, Measure>> = {
  bytes: { of: utf8Length, most: 3, grow: adding(utf8Length), beyond: (size) => size + 1 },
  escaped: { of: escapedLength, most: 6, grow: adding(escapedLength), beyond: (size) => size + 1 },
  characters: { of: codePoints, most: 1, grow: adding(codePoints), beyond: (size) => 2 * size + 2 },
  // As it is sent: typographic marks are made plain where that saves segments.
  segments: {
    of: (text) => segmentsOf(smartEncode(text)),
    most: Number.POSITIVE_INFINITY,
    grow: () => countSegments().add,
    beyond: (size) => 160 * size + 1,
  },
};

/** The lines of a text without empty ones. CR LF, CR and LF all end a line. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/).filter((line) => line !== '');

/** The size of a text in a unit. */
export const measure = (text: string, unit: Unit): number => measures[unit].of(text);

/**
 * The pieces of a whole text, styled as XEP-0393 has it, that are within the limits when they are written there, except
 * for how many they are. None for a text without content.
 */
export function splitText(text: string, limits: TextLimits): string[] {
  if (limits.lines) return text === '' ? [] : splitWritten(text, limits);
  return linesOf(linewise(text, limits)).flatMap((line) => splitWritten(line, limits));
}

/** Where each line goes alone, a fence around several means nothing. */
function linewise(text: string, { format }: TextLimits): string {
  const single = format === 'styling' ? text : fencesAsSpans(text);
  return isBlank(single) ? text : single;
}

/** The size of a text where it is written as the limits say. */
const sizeOf = (text: string, { format, unit }: TextLimits): number => measure(restyle(text, 'styling', format), unit);

/** Whether a text is not too long where it is written as the limits say. Most are so short that nothing is counted. */
export function isWithin(text: string, { format, unit, size }: TextLimits): boolean {
  const written = restyle(text, 'styling', format);
  return written.length * measures[unit].most <= size || measure(written, unit) <= size;
}

/** As `split`, for what takes more room when it is written: elements, entities, the space after a sign of quotation. */
function splitWritten(text: string, limits: TextLimits): string[] {
  for (let { size } = limits; ; ) {
    const pieces = split(text, size, limits.unit);
    const excess = Math.max(...pieces.map((piece) => sizeOf(piece, limits))) - limits.size;
    if (excess <= 0 || size === 1) return pieces;
    size = Math.max(1, size - Math.max(excess >> 1, size >> 3, 1));
  }
}

/**
 * Cuts a text into pieces of at most `size` in a unit: after a space or line end where there is one in reach, never
 * inside a grapheme unless the grapheme alone is longer than a piece. The pieces joined give the text.
 */
export function split(text: string, size: number, unit: Unit): string[] {
  const how = measures[unit];
  const pieces: string[] = [];
  let rest = text;
  while (how.of(rest.slice(0, how.beyond(size))) > size) {
    const cut = cutAt(rest, size, how);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  if (rest !== '' || pieces.length === 0) pieces.push(rest);
  return pieces;
}

/** The index in UTF-16 units at which the first piece of a text that is too long ends. At least one code point. */
function cutAt(text: string, size: number, how: Measure): number {
  const add = how.grow();
  let end = 0;
  let space = 0;
  for (const { segment } of graphemes.segment(text.slice(0, how.beyond(size)))) {
    if (add(segment) > size) break;
    end += segment.length;
    if (/^\s+$/.test(segment)) space = end;
  }
  // A word longer than half a piece is cut: a lone short word before it would waste the line.
  if (space > end / 2) return space;
  return end > 0 ? end : insideGrapheme(text, size, how);
}

/** The most of a giant grapheme that fits, cut between code points. */
function insideGrapheme(text: string, size: number, how: Measure): number {
  const add = how.grow();
  let end = 0;
  for (const character of text) {
    if (add(character) > size && end > 0) break;
    end += character.length;
  }
  return end;
}

/** UTF-16 units of a text in which an excerpt is looked for. */
const REACH = 4096;

/** The beginning of a text as one line of at most `characters` code points, cut at a word and never inside a grapheme. */
export function excerpt(text: string, characters: number): string {
  const line = text
    .slice(0, REACH)
    .replace(/^(?:>.*(?:\n|$))+/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const [first = '', ...more] = split(line, characters, 'characters');
  return more.length === 0 ? first : `${first.trimEnd()}…`;
}
