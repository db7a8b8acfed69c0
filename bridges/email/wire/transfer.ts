/** Decodes what comes in pieces; `end` has what was left over. Never throws: what is no encoding is taken as it is, or left out. */
export type TransferDecoder = { push(piece: Uint8Array): Uint8Array; end(): Uint8Array };

const NOTHING = new Uint8Array();

/** The decoder of a Content-Transfer-Encoding (RFC 2045 §6); what is unknown counts as binary. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return base64Decoder();
  if (encoding === 'quoted-printable') return quotedPrintableDecoder();
  return { push: (piece) => piece, end: () => NOTHING };
}

/** RFC 2045 §6.8: other characters are skipped, and so is what follows padding within a group. */
function base64Decoder(): TransferDecoder {
  let rest = '';
  const decode = (text: string): Uint8Array => Buffer.concat(text.split(/=+/).map((run) => Buffer.from(run, 'base64')));
  return {
    push(piece) {
      const text = rest + asText(piece).replace(/[^A-Za-z0-9+/=]+/g, '');
      // Several encodings in one body each end with padding of their own; the groups count from there.
      const whole = text.length - ((text.length - (text.lastIndexOf('=') + 1)) % 4);
      rest = text.slice(whole);
      return whole > 0 ? decode(text.slice(0, whole)) : NOTHING;
    },
    end: () => decode(rest),
  };
}

/** RFC 2045 §6.7, line by line: blanks at the end of a line are none. A `=` before anything else than two digits stands for itself. */
function quotedPrintableDecoder(): TransferDecoder {
  let rest: Uint8Array = NOTHING;
  return {
    push(piece) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
      const line = bytes.lastIndexOf(LF) + 1;
      // A very long line is cut before what may be an escape.
      const whole = line > 0 || bytes.length < 4096 ? line : beforeEscape(bytes);
      rest = bytes.subarray(whole);
      return decodeQuotedPrintable(bytes.subarray(0, whole));
    },
    end: () => decodeQuotedPrintable(rest),
  };
}

const [LF, CR, EQUALS, SPACE, TAB] = [10, 13, 61, 32, 9] as const;

function beforeEscape(bytes: Uint8Array): number {
  const equals = bytes.lastIndexOf(EQUALS);
  return equals >= bytes.length - 3 && equals > 0 ? equals : bytes.length;
}

function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LF, at);
    const next = feed < 0 ? bytes.length : feed + 1;
    const lineEnd = feed < 0 ? next : feed > at && bytes[feed - 1] === CR ? feed - 1 : feed;
    const end = withoutBlanks(bytes, at, lineEnd);
    const soft = end > at && bytes[end - 1] === EQUALS;
    size = decodeLine(bytes.subarray(at, soft ? end - 1 : end), out, size);
    if (!soft) size += Buffer.from(bytes.subarray(lineEnd, next)).copy(out, size);
    at = next;
  }
  return out.subarray(0, size);
}

function withoutBlanks(bytes: Uint8Array, start: number, lineEnd: number): number {
  let end = lineEnd;
  while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
  return end;
}

/** Writes the decoded line and returns the new size of what is written. */
function decodeLine(line: Uint8Array, out: Uint8Array, from: number): number {
  let size = from;
  for (let at = 0; at < line.length; at++) {
    const value = line[at] === EQUALS ? hexByte(line[at + 1], line[at + 2]) : -1;
    out[size++] = value < 0 ? (line[at] ?? 0) : value;
    if (value >= 0) at += 2;
  }
  return size;
}

function hexByte(high = 0, low = 0): number {
  const [first, second] = [hexDigit(high), hexDigit(low)];
  return first < 0 || second < 0 ? -1 : first * 16 + second;
}

function hexDigit(char: number): number {
  if (char >= 48 && char <= 57) return char - 48;
  const letter = char | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const asText = (piece: Uint8Array): string =>
  Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
