import { isUtf8 } from 'node:buffer';
import { texts } from '#bridges/irc/texts.ts';
import { Failure } from '#src/model/failure.ts';
import type { Encodings } from './encodings.ts';

/** The longest line that is read, in bytes. IRCv3 allows 8191 of tags and 512 of the rest. */
export const LINE_CAP = 16 * 1024;

/**
 * Cuts the bytes of one connection into lines. Lines end at LF; CR and NUL within are removed. Bytes that are not UTF-8
 * are read as `encodings` says.
 */
export class LineReader {
  readonly #encodings: Pick<Encodings, 'decode'>;
  #held: Buffer[] = [];
  #heldLength = 0;

  constructor(encodings: Pick<Encodings, 'decode'>) {
    this.#encodings = encodings;
  }

  /**
   * Reads a chunk as long as `goesOn` says so after a line; gives a copy of what is left of it then. Throws `Failure` once a
   * line is too long; the connection is to be closed then.
   */
  push(chunk: Buffer, onLine: (line: string) => void, goesOn = always): Buffer | undefined {
    let from = 0;
    // What is UTF-8 as a whole is so line by line, and most is.
    const plain = isUtf8(chunk);
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (this.#heldLength + end - from > LINE_CAP) throw tooLong();
      const line =
        plain && this.#heldLength === 0
          ? // RFC 2812 §2.3: CR LF ends a line.
            withoutControls(chunk.toString('utf8', from, chunk[end - 1] === 13 ? end - 1 : end))
          : this.#decode(this.#whole(chunk.subarray(from, end)));
      from = end + 1;
      if (line !== '') onLine(line);
      if (from < chunk.length && !goesOn()) return Buffer.from(chunk.subarray(from));
    }
    if (this.#heldLength + chunk.length - from > LINE_CAP) throw tooLong();
    if (from === chunk.length) return undefined;
    const rest = chunk.subarray(from);
    // A copy: the chunk's memory is the socket's, and a short rest must not keep all of it.
    this.#held.push(Buffer.from(rest));
    this.#heldLength += rest.length;
    return undefined;
  }

  /** The end of a line with what was there of it before. */
  #whole(end: Buffer): Buffer {
    if (this.#heldLength === 0) return end;
    const whole = Buffer.concat([...this.#held, end]);
    this.#held = [];
    this.#heldLength = 0;
    return whole;
  }

  #decode(bytes: Buffer): string {
    const text = isUtf8(bytes) ? bytes.toString('utf8') : (cutTail(bytes) ?? this.#encodings.decode(bytes));
    return withoutControls(text);
  }
}

const always = (): boolean => true;

const withoutControls = (text: string): string => (/[\r\0]/.test(text) ? text.replace(/[\r\0]/g, '') : text);

const tooLong = () => new Failure('policy-violation', { text: texts.longLine });

/** A UTF-8 line that a server cut at 512 bytes within its last character, without that; `undefined` for others. */
function cutTail(bytes: Buffer): string | undefined {
  if (bytes.length < 500) return undefined;
  for (let size = 1; size <= 4; size++) {
    const start = bytes.length - size;
    if ((bytes[start] ?? 0) < 0xc0) continue;
    const kept = bytes.subarray(0, start);
    return isUtf8(kept) && kept.some((byte) => byte > 0x7f) ? kept.toString('utf8') : undefined;
  }
  return undefined;
}
