import { decodeBytes } from './charset.ts';
import { decodeWords } from './encoded-words.ts';

/** A structured header such as Content-Type (RFC 2045 §5.1): the value in small letters, and the decoded parameters. */
export type StructuredHeader = { readonly value: string; readonly params: ReadonlyMap<string, string> };

/** One section of a parameter that came in several (RFC 2231 §3). */
type Section = { readonly number: number; readonly encoded: boolean; readonly text: string };

const MOST_PARAMETERS = 100;

/**
 * Reads a structured header. Names of files come as RFC 2231 has them, as encoded words (which RFC 2047 §5 forbids, and most
 * programs write), as raw UTF-8, or without quotes though they have blanks.
 */
export function readStructured(header: string): StructuredHeader {
  const [value = '', ...rest] = splitParameters(header.slice(0, 16_384));
  const sections = new Map<string, Section[]>();
  for (const text of rest.slice(0, MOST_PARAMETERS)) {
    const equals = text.indexOf('=');
    if (equals < 1) continue;
    const [, name = '', number, star] =
      /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(text.slice(0, equals).trim().toLowerCase()) ?? [];
    if (!name) continue;
    const section = {
      number: number ? Number(number) : -1,
      encoded: star === '*',
      text: unquote(text.slice(equals + 1).trim()),
    };
    sections.set(name, [...(sections.get(name) ?? []), section]);
  }
  const params = new Map([...sections].map(([name, found]) => [name, joinSections(found)] as const));
  return { value: withoutComments(value).trim().toLowerCase(), params };
}

/** Splits at semicolons outside of quotes. */
function splitParameters(header: string): string[] {
  const found: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < header.length; at++) {
    const char = header[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === ';' && !quoted) {
      found.push(header.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, header.slice(from)];
}

const unquote = (text: string): string =>
  text.startsWith('"')
    ? text.replace(/^"|"\s*(?:\([^)]*\)\s*)?$/g, '').replace(/\\(["\\])/g, '$1')
    : withoutComments(text).trim();

const withoutComments = (text: string): string => text.replace(/\s\([^()]*\)/g, '');

/** RFC 2231 §4.1: sections in their order, of which those with a star are in percent-encoding. They win over a plain one. */
function joinSections(sections: readonly Section[]): string {
  const rich = sections.filter(({ number, encoded }) => number >= 0 || encoded);
  if (rich.length === 0) return decodeWords(sections[0]?.text ?? '');
  const whole = rich.filter(({ number }) => number < 0);
  const ordered = whole.length > 0 ? whole.slice(0, 1) : rich.toSorted((a, b) => a.number - b.number);
  if (!ordered.some(({ encoded }) => encoded)) return decodeWords(ordered.map(({ text }) => text).join(''));
  const [, charset = '', first = ''] = /^([^']*)'[^']*'([\s\S]*)$/.exec(ordered[0]?.text ?? '') ?? [
    '',
    '',
    ordered[0]?.text,
  ];
  const bytes = ordered.map(({ encoded, text }, at) => percentBytes(at === 0 ? first : text, encoded));
  return decodeBytes(Buffer.concat(bytes), charset || 'utf-8');
}

const percentBytes = (text: string, encoded: boolean): Buffer =>
  encoded
    ? Buffer.concat(
        text
          .split(/(%[0-9a-f]{2})/i)
          .map((piece) => (/^%[0-9a-f]{2}$/i.test(piece) ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece))),
      )
    : Buffer.from(text);
