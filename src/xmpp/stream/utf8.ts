import { isAscii, isUtf8 } from 'node:buffer';
import { ReaderError } from './reader-error.ts';

const NOTHING = Buffer.alloc(0);

/** How many bytes at the end begin a character whose rest is still to come: 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    // RFC 3629 §3: C0, C1 and F5 to FF never occur; they stay where they are and fail the check.
    if (byte < 0xc2 || byte > 0xf4) return 0;
    return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0;
  }
  return 0;
}

/** How many bytes at the start are right. */
function rightPart(bytes: Buffer): number {
  let [right, wrong] = [0, bytes.length];
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1;
    const piece = bytes.subarray(0, middle);
    if (isUtf8(piece.subarray(0, middle - unfinished(piece)))) right = middle;
    else wrong = middle;
  }
  return right - unfinished(bytes.subarray(0, right));
}

/**
 * A UTF-8 decoder for bytes that come in pieces: a character cut anywhere arrives whole with the piece that ends it.
 * Text goes to `take`. Bytes that are no UTF-8 throw a `ReaderError`, after what came before them.
 */
export function utf8Stream(take: (text: string) => void): (bytes: Buffer) => void {
  let kept = NOTHING;
  return (bytes) => {
    const all = kept.length === 0 ? bytes : Buffer.concat([kept, bytes]);
    const end = all.length - unfinished(all);
    kept = end === all.length ? NOTHING : Buffer.from(all.subarray(end));
    const whole = end === all.length ? all : all.subarray(0, end);
    if (isAscii(whole)) return take(whole.toString('latin1'));
    if (isUtf8(whole)) return take(whole.toString('utf8'));
    take(whole.toString('utf8', 0, rightPart(whole)));
    // RFC 6120 §4.9.3.22: also for a stream that violates the rules of UTF-8.
    throw new ReaderError('unsupported-encoding', 'the bytes are not UTF-8');
  };
}
