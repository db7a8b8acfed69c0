/**
 * XML that may go to the wire. Only the `xml` template makes it, so holding one proves that everything foreign in it
 * was escaped. A class of its own rather than a branded string: the template must tell the two apart at run time.
 */
class Markup {
  readonly text: string;
  /** Makes the type nominal: no object literal passes for it. */
  readonly #made = true;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  static is(value: unknown): value is Markup {
    return typeof value === 'object' && value !== null && #made in value;
  }
}

export type Xml = Markup;

/** What may stand in a hole: `Xml` goes in as it is, arrays are joined, nothing comes of `undefined`, `null` and booleans. */
export type Hole = string | number | bigint | boolean | null | undefined | Xml | readonly Hole[];

// XML 1.0 §2.2: Char leaves out most of C0, lone surrogates, U+FFFE and U+FFFF. With the u flag \p{Cs} is only a lone one.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Cs}]/gu;
/** A superset of all that needs work; without the u flag, because that is what keeps the fast path fast. */
const SUSPECT = /[\0-\x1f<>&"'\ud800-\udfff\ufffe\uffff]/;
const MARKUP = /[<>&"'\r]/g;
const SPACE = /[\t\n]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;', // XML 1.0 §2.11: a bare one would be read as a line feed
  '\n': '&#10;',
  '\t': '&#9;',
};

const replacement = (char: string): string => ESCAPES[char] ?? '';

/**
 * Whatever is not an XML 1.0 Char becomes U+FFFD. It is replaced, not removed: removing would let two different
 * addresses become one, and would join what a control character kept apart.
 */
export function clean(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd');
}

/** Text as it may stand between tags and within either kind of quotes. Never throws. */
export function escapeText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return clean(text).replace(MARKUP, replacement);
}

/** As `escapeText`, and tab and line feed survive the normalisation of attribute values (XML 1.0 §3.3.3). */
export function escapeAttribute(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return escapeText(text).replace(SPACE, replacement);
}

function fill(hole: Hole, quoted: boolean): string {
  if (typeof hole === 'string') return quoted ? escapeAttribute(hole) : escapeText(hole);
  if (Markup.is(hole)) return hole.text;
  if (typeof hole === 'number' || typeof hole === 'bigint') return String(hole);
  if (!Array.isArray(hole)) return '';
  let text = '';
  for (const one of hole as readonly Hole[]) text += fill(one, quoted);
  return text;
}

/**
 * XML from a template: `` xml`<body>${text}</body>` ``. Every hole is cleaned and escaped, in text and in either kind of
 * quotes; a hole that is `Xml` goes in raw. A hole is an attribute value when a quote stands right before it. Never throws.
 */
export function xml(parts: TemplateStringsArray, ...holes: readonly Hole[]): Xml {
  let text = parts[0] ?? '';
  for (let i = 0; i < holes.length; i++) {
    const before = parts[i] ?? '';
    const last = before.charCodeAt(before.length - 1);
    text += fill(holes[i], last === 0x27 || last === 0x22) + (parts[i + 1] ?? '');
  }
  return new Markup(text);
}

/** Attributes with a leading space each, in the order given; those that are undefined are left out. Names are ours, never foreign. */
export function attrs(values: Readonly<Record<string, string | number | undefined>>): Xml {
  let text = '';
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) text += ` ${name}='${escapeAttribute(String(value))}'`;
  }
  return new Markup(text);
}

/** For what is remembered: a text that was put together keeps each of its pieces, several times its own size. */
export const inOnePiece = ({ text }: Xml): Xml => new Markup(Buffer.from(text).toString());

/** No markup at all. */
export const none: Xml = xml``;
