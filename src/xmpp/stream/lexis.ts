import { malformed, ReaderError } from './reader-error.ts';

/** Characters that XML 1.0 §2.2 forbids; lone surrogates cannot come out of valid UTF-8. */
export const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

const START = 1;
const INNER = 2;

/** What an ASCII character may be in a name: nothing (0), its start (1), inside it (2). A colon counts as inside. */
const ROLES = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_') ROLES[char.charCodeAt(0)] = START;
for (const char of '0123456789-.:') ROLES[char.charCodeAt(0)] = INNER;

// XML 1.0 §2.3 productions 4 and 4a, without the colon; Namespaces in XML §3: at most one colon, with a name on either side.
const FIRST =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const PART = `[${FIRST}][${FIRST}0-9.\\-\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`;
const QNAME = new RegExp(`^${PART}(?::${PART})?$`, 'u');

/** Where the name that begins at `from` ends: the position of the first character that is no part of it. */
export function nameEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 128 && ROLES[code] === 0) break;
  }
  return at;
}

/** The name between two positions. Plain ones are known by their characters, the others are held against the grammar. */
export function nameIn(text: string, from: number, end: number): string {
  const name = text.slice(from, end);
  let plain = ROLES[text.charCodeAt(from)] === START;
  for (let at = from; plain && at < end; at++) {
    const code = text.charCodeAt(at);
    plain = code < 128 && code !== 0x3a;
  }
  if (!plain && !QNAME.test(name)) throw malformed('a name has a character that it must not have');
  return name;
}

/** Whether the character is white space (XML 1.0 §2.3). */
export const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;

/** The position of the first character from `from` on that is no white space. */
export function spaceEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function characterOf(reference: string): string {
  const digits = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  if (!digits) throw malformed('a reference is not well-formed');
  const code = digits[1] ? Number.parseInt(digits[1], 16) : Number(digits[2]);
  // XML 1.0 §4.1: a character reference must stand for a Char.
  const wrong = code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || FORBIDDEN.test(String.fromCodePoint(code));
  if (wrong) throw malformed('a reference stands for a character that XML forbids');
  return String.fromCodePoint(code);
}

function resolve(whole: string, name: string): string {
  if (!whole.endsWith(';')) throw malformed('an ampersand stands by itself');
  const known = Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : undefined;
  if (known !== undefined) return known;
  if (name.startsWith('#')) return characterOf(name);
  // RFC 6120 §11.1: no references to entities but the five predefined ones.
  throw QNAME.test(name)
    ? new ReaderError('restricted-xml', 'an entity is not predefined')
    : malformed('a bare ampersand');
}

const references = (text: string): string => (text.includes('&') ? text.replace(/&([^&;]*);?/g, resolve) : text);

/** The text that a piece of character data stands for. */
export function textOf(piece: string): string {
  if (piece.includes(']]>')) throw malformed('"]]>" within text'); // XML 1.0 §2.4
  return references(linesOf(piece));
}

/** Ends of line as XML 1.0 §2.11 wants them: each CR LF and each lone CR is one LF. */
export const linesOf = (piece: string): string => (piece.includes('\r') ? piece.replace(/\r\n?/g, '\n') : piece);

/** The value that a piece of an attribute stands for (XML 1.0 §3.3.3: white space becomes spaces). */
export function valueIn(piece: string): string {
  if (piece.includes('<')) throw malformed('"<" within the value of an attribute');
  return references(/[\t\n\r]/.test(piece) ? piece.replace(/\r\n|[\t\n\r]/g, ' ') : piece);
}

/** Longer than any reference that somebody would write. */
const LONGEST_REFERENCE = 64;

/**
 * How far text that has no end yet can be taken: not into a reference, not between CR and LF, and not into what may
 * become "]]>".
 */
export function safeEnd(text: string, from: number): number {
  let end = text.length;
  const ampersand = text.lastIndexOf('&');
  if (ampersand >= from && !text.includes(';', ampersand)) {
    if (end - ampersand > LONGEST_REFERENCE) throw malformed('a reference has no end');
    return ampersand;
  }
  if (text.endsWith('\r')) end--;
  else if (text.endsWith(']]')) end -= 2;
  else if (text.endsWith(']')) end--;
  return Math.max(from, end);
}
