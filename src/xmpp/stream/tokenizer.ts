import { isSpace, linesOf, nameEnd, nameIn, safeEnd, spaceEnd, textOf, valueIn } from './lexis.ts';
import { malformed, ReaderError } from './reader-error.ts';
import { createSkipper } from './skipper.ts';

/** What becomes of the tokens. `close` and `closing` speak of the innermost element that is open. */
export type Sink = {
  open(name: string): void;
  attribute(name: string, value: string): void;
  /** The start tag is complete. */
  opened(): void;
  /** The name that the next end tag must have. */
  closing(): string;
  close(): void;
  text(text: string): void;
  /** The stanza at hand is over a limit: nothing more of it will come, until `skipped`. */
  over(): void;
  skipped(): void;
};

export type ReaderLimits = {
  /** Characters of a stanza, tags included (UTF-16 units, so the bytes of an ASCII stanza). */
  readonly stanza: number;
  /** Elements within each other, the stanza being the first. */
  readonly depth: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
};

type Mode = 'prolog' | 'text' | 'tag' | 'value' | 'cdata' | 'skip' | 'end';

const CDATA = '<![CDATA[';
const PROLOG = '<?xml';
const LONGEST_PROLOG = 256;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(['"])1\.\d+\1(?:\s+encoding\s*=\s*(['"])([A-Za-z][\w.-]*)\2)?(?:\s+standalone\s*=\s*(['"])(?:yes|no)\4)?\s*\?>$/;
const [QUOTE, AMPERSAND, APOSTROPHE, SLASH, LESS, EQUALS, GREATER] = [0x22, 0x26, 0x27, 0x2f, 0x3c, 0x3d, 0x3e];

/**
 * Cuts one XML stream into tokens as its text comes in, and keeps no more than one unfinished token. A stanza over a
 * limit is read past. The returned function throws a `ReaderError` where the text is not the XML that XMPP allows.
 */
export function createTokenizer(sink: Sink, limits: ReaderLimits): (text: string) => void {
  const skipper = createSkipper();
  let mode: Mode = 'prolog';
  let buffer = '';
  let at = 0;
  /** What `at` 0 is in the stream, and where in the stream the stanza at hand began. */
  let base = 0;
  let start = 0;
  /** Elements that are open, the stream itself being the first. */
  let depth = 0;
  let attributes = 0;
  let attribute = '';
  let value = '';
  let quote = '"';

  function skip(place: 'text' | 'tag' | 'value' | 'cdata'): true {
    // RFC 6120 §4.9.3.14: there is no stanza to answer as long as the stream is not open.
    if (depth === 0) throw new ReaderError('policy-violation', 'the stream header is too large');
    sink.over();
    skipper.begin(place, depth - 1, quote);
    value = '';
    mode = 'skip';
    return true;
  }

  function skipping(): boolean {
    at = skipper.run(buffer, at);
    if (!skipper.done) return false;
    depth = 1;
    start = base + at;
    mode = 'text';
    sink.skipped();
    return true;
  }

  const tooLong = (end: number): boolean => base + end - start > limits.stanza;

  function prolog(): boolean {
    if (buffer.length <= PROLOG.length && PROLOG.startsWith(buffer)) return false;
    mode = 'text';
    if (!buffer.startsWith(PROLOG) || !isSpace(buffer.charCodeAt(PROLOG.length))) return true;
    const end = buffer.indexOf('?>') + 2;
    if (end < 2 && buffer.length > LONGEST_PROLOG) throw malformed('the XML declaration has no end');
    if (end < 2) {
      mode = 'prolog';
      return false;
    }
    const found = DECLARATION.exec(buffer.slice(0, end));
    if (!found) throw malformed('the XML declaration');
    // RFC 6120 §11.6: UTF-8 and nothing else.
    if (found[3] && found[3].toLowerCase() !== 'utf-8') throw new ReaderError('unsupported-encoding', 'not UTF-8');
    at = end;
    return true;
  }

  function emit(text: string): void {
    if (depth > 1) sink.text(text);
    else if (spaceEnd(text, 0) < text.length) throw malformed('text outside of a stanza');
  }

  function text(): boolean {
    if (depth <= 1) start = base + at;
    const less = buffer.indexOf('<', at);
    if (less === at) return markup();
    const end = less < 0 ? safeEnd(buffer, at) : less;
    if (end === at) return false;
    emit(textOf(buffer.slice(at, end)));
    at = end;
    if (depth > 1 && tooLong(at)) return skip('text');
    return less >= 0;
  }

  function markup(): boolean {
    const next = buffer.charCodeAt(at + 1);
    if (next === SLASH) return endTag();
    if (next === 0x3f) throw new ReaderError('restricted-xml', 'a processing instruction');
    if (next === 0x21) return cdataStart();
    return at + 1 < buffer.length && startTag();
  }

  function cdataStart(): boolean {
    if (buffer.startsWith(CDATA, at)) {
      if (depth < 2) throw malformed('text outside of a stanza');
      at += CDATA.length;
      mode = 'cdata';
      return true;
    }
    if (buffer.length - at < CDATA.length && CDATA.startsWith(buffer.slice(at))) return false;
    // RFC 6120 §11.1: no comments, no document type.
    throw new ReaderError('restricted-xml', 'a comment or a document type');
  }

  function cdata(): boolean {
    const found = buffer.indexOf(']]>', at);
    let end = found < 0 ? Math.max(at, buffer.length - 2) : found;
    if (found < 0 && buffer[end - 1] === '\r' && end > at) end--;
    if (end > at) sink.text(linesOf(buffer.slice(at, end)));
    at = end;
    if (tooLong(at)) return skip('cdata');
    if (found < 0) return false;
    at += 3;
    mode = 'text';
    return true;
  }

  function startTag(): boolean {
    const end = nameEnd(buffer, at + 1);
    if (end === buffer.length) return false;
    const next = buffer.charCodeAt(end);
    if (next !== GREATER && next !== SLASH && !isSpace(next)) throw malformed('the name of an element');
    sink.open(nameIn(buffer, at + 1, end));
    at = end;
    attributes = 0;
    mode = 'tag';
    return true;
  }

  function tag(): boolean {
    const from = spaceEnd(buffer, at);
    const code = buffer.charCodeAt(from);
    if (code === GREATER) return opened(from + 1, false);
    if (code === SLASH) {
      if (from + 1 === buffer.length) return false;
      if (buffer.charCodeAt(from + 1) !== GREATER) throw malformed('"/" within a tag');
      return opened(from + 2, true);
    }
    return from < buffer.length && attributeStart(from);
  }

  function attributeStart(from: number): boolean {
    if (from === at) throw malformed('no white space before an attribute');
    const end = nameEnd(buffer, from);
    const equals = spaceEnd(buffer, end);
    const opening = spaceEnd(buffer, equals + 1);
    if (equals < buffer.length && buffer.charCodeAt(equals) !== EQUALS) throw malformed('an attribute without a value');
    if (opening >= buffer.length) return false;
    const code = buffer.charCodeAt(opening);
    if (code !== QUOTE && code !== APOSTROPHE) throw malformed('a value without quotes');
    if (attributes++ >= limits.attributes) return skip('tag');
    attribute = nameIn(buffer, from, end);
    quote = code === QUOTE ? '"' : "'";
    at = opening + 1;
    return wholeValue(code) || valuePart();
  }

  /** The fast path: a value that is all there, and that stands for itself. */
  function wholeValue(delimiter: number): boolean {
    for (let end = at; end < buffer.length; end++) {
      const code = buffer.charCodeAt(end);
      if (code === delimiter) return valueEnd(buffer.slice(at, end), end);
      if (code < 0x20 || code === LESS || code === AMPERSAND) return false;
    }
    return false;
  }

  function valuePart(): boolean {
    mode = 'value';
    const found = buffer.indexOf(quote, at);
    const end = found < 0 ? safeEnd(buffer, at) : found;
    value += valueIn(buffer.slice(at, end));
    if (found >= 0) return valueEnd(value, found);
    at = end;
    return tooLong(at) && skip('value');
  }

  function valueEnd(whole: string, end: number): boolean {
    value = '';
    at = end + 1;
    mode = 'tag';
    if (tooLong(at)) return skip('tag');
    sink.attribute(attribute, whole);
    return true;
  }

  function opened(end: number, empty: boolean): boolean {
    at = end;
    mode = 'text';
    sink.opened();
    depth++;
    if (!empty) return depth - 1 > limits.depth || tooLong(at) ? skip('text') : true;
    // An element too deep is one too many, even when it is empty.
    if (depth - 1 > limits.depth) {
      depth--;
      return skip('text');
    }
    return closed();
  }

  function closed(): boolean {
    depth--;
    if (depth > 0 && tooLong(at)) return skip('text');
    sink.close();
    if (depth === 0) mode = 'end';
    return depth > 0;
  }

  function endTag(): boolean {
    const name = sink.closing();
    const end = spaceEnd(buffer, at + 2 + name.length);
    if (end < buffer.length ? buffer.startsWith(name, at + 2) : !buffer.includes('>', at)) {
      if (end >= buffer.length) return false;
      if (buffer.charCodeAt(end) !== GREATER) throw malformed('an end tag');
      at = end + 1;
      return closed();
    }
    throw malformed('an element is closed by the name of another');
  }

  const steps: Readonly<Record<Mode, () => boolean>> = {
    prolog,
    text,
    tag,
    value: valuePart,
    cdata,
    skip: skipping,
    end: () => false,
  };

  /** A token that has no end yet must not grow beyond the stanza's limit either. */
  function outgrown(): boolean {
    if (mode === 'prolog' || mode === 'skip' || mode === 'end' || !tooLong(buffer.length)) return false;
    if (mode !== 'text' || depth !== 1) return skip(mode);
    if (buffer.charCodeAt(at) !== LESS) return false;
    if (buffer.charCodeAt(at + 1) === SLASH) throw new ReaderError('policy-violation', 'an end tag without end');
    at++;
    return skip('tag');
  }

  return (more) => {
    base += at;
    buffer = at < buffer.length ? buffer.slice(at) + more : more;
    at = 0;
    do while (at < buffer.length && steps[mode]());
    while (outgrown() && at < buffer.length);
    if (mode === 'end') at = buffer.length;
  };
}
