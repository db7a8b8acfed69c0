import iconv from 'iconv-lite';
import { memo } from '#src/lib/memo.ts';

/** Decoders of whole lines keep nothing from one to the next, so that all connections share them. */
const decoderOf = memo(20, (charset) => new TextDecoder(charset));

/** The character sets of a channel: labels of the Encoding Standard, empty for what holds on its server. */
export type ChannelEncodings = { readonly in: string; readonly out: string };

/** Tags and prefix of a line, its command, and the first parameter. */
const TARGET = /^(?:@\S* +)?(?::\S+ +)?\S+ +:?(\S+)/;

/**
 * The character sets of a connection: lines that are not UTF-8 are read as `in`, and what is sent is written as `out`,
 * or as UTF-8 where that is empty.
 */
export class Encodings {
  readonly #in: string;
  readonly #out: string;
  readonly #fold: (name: string) => string;
  #channels: Map<string, ChannelEncodings> | undefined;

  constructor(server: ChannelEncodings, fold: (name: string) => string) {
    this.#in = server.in;
    this.#out = server.out;
    this.#fold = fold;
  }

  /** Sets those of a channel; empty ones are those of the server. */
  set(channel: string, { in: read, out: written }: ChannelEncodings): void {
    const given = { in: read || this.#in, out: written || this.#out };
    if (given.in !== this.#in || given.out !== this.#out)
      (this.#channels ??= new Map()).set(this.#fold(channel), given);
    else this.#channels?.delete(this.#fold(channel));
  }

  /** A line that is not UTF-8. Never throws. */
  decode(bytes: Uint8Array): string {
    const channel = this.#channels && this.#channelOf(Buffer.from(bytes).toString('latin1'));
    return decoderOf(channel?.in ?? this.#in).decode(bytes);
  }

  /** The bytes of a line, or the line itself where it goes as UTF-8. A character that is not there becomes `?`. */
  encode(line: string): string | Buffer {
    const channel = this.#channels && this.#channelOf(line);
    const charset = channel?.out ?? this.#out;
    return charset === '' ? line : iconv.encode(line, charset);
  }

  /** Whether everything goes as UTF-8. */
  get plain(): boolean {
    return this.#out === '' && this.#channels === undefined;
  }

  #channelOf(line: string): ChannelEncodings | undefined {
    return this.#channels?.get(this.#fold(TARGET.exec(line)?.[1] ?? ''));
  }
}

/** Whether text can be written as that. */
export const isWritable = (charset: string): boolean => iconv.encodingExists(charset);
