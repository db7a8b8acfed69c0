import { readHeaders } from './header-block.ts';
import { type MailLimits, MailRefused } from './mail.ts';
import { type MediaPart, mediaPartOf } from './media-part.ts';

/** What is told of a mail while it is read. `body` has the bytes of a part that is no multipart, as they are encoded. */
export type MimeListener = {
  part(part: MediaPart, block: Uint8Array): void;
  body(part: MediaPart, piece: Uint8Array): void;
  end(part: MediaPart): void;
};

type Open = { part: MediaPart; boundary: Buffer | undefined; children: number };

const LF = 10;
const DASH = 45;
/** A line that is longer is no boundary (RFC 2046 §5.1.1: 70 characters) and no header worth waiting for. */
const LONGEST_LINE = 8192;
const NOTHING = Buffer.alloc(0);

/**
 * Reads MIME (RFC 2045, 2046) as it comes, holding a line at most, and tells what it finds. A boundary of any multipart that is
 * open ends all within it, as closing ones get lost. A multipart without parts is a text. Throws `MailRefused` over a limit.
 */
export class MimeReader {
  readonly #limits: MailLimits;
  readonly #listener: MimeListener;
  #open: Open[] = [];
  #headers: Buffer[] | undefined = [];
  #headerBytes = 0;
  #parts = 0;
  #rest: Buffer = NOTHING;
  /** In the midst of a line that was too long to hold. */
  #within = false;
  /** The line end before a boundary belongs to that (RFC 2046 §5.1.1), so it waits for the next line. */
  #lineEnd: Buffer = NOTHING;

  constructor(listener: MimeListener, limits: MailLimits) {
    this.#listener = listener;
    this.#limits = limits;
  }

  push(piece: Uint8Array): void {
    const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, view]) : view;
    let at = 0;
    while (at < bytes.length) {
      if (this.#headers === undefined) at = this.#passBody(bytes, at);
      const feed = bytes.indexOf(LF, at);
      if (feed < 0) break;
      this.#line(bytes.subarray(at, feed + 1));
      at = feed + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    if (this.#rest.length > LONGEST_LINE) this.#longLine();
  }

  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest);
    this.#rest = NOTHING;
    if (this.#headers) this.#endHeaders();
    while (this.#open.length > 0) this.#close();
  }

  /** Hands on all lines that are no boundary. Returns where the next that may be one begins, or that is not whole. */
  #passBody(bytes: Buffer, from: number): number {
    if (this.#within) return from;
    let line = from;
    while (line >= 0 && !this.#mayBeBoundary(bytes, line)) line = bytes.indexOf('\n--', line) + 1 || -1;
    const end = line >= 0 ? line : bytes.lastIndexOf(LF) + 1;
    if (end <= from) return from;
    this.#content(bytes.subarray(from, end));
    return end;
  }

  /** Whether a line begins as a boundary does, as far as it has come. */
  #mayBeBoundary(bytes: Buffer, at: number): boolean {
    if (bytes[at] !== DASH) return false;
    return this.#open.some(({ boundary }) => {
      const most = boundary && Math.min(bytes.length, at + 2 + boundary.length);
      return most !== undefined && boundary?.compare(bytes, at + 2, most, 0, Math.max(0, most - at - 2)) === 0;
    });
  }

  #longLine(): void {
    if (this.#headers) {
      this.#headers.push(this.#rest);
      this.#countHeaders(this.#rest.length);
    } else {
      this.#content(this.#rest);
    }
    this.#within = true;
    this.#rest = NOTHING;
  }

  #line(line: Buffer): void {
    const whole = !this.#within;
    this.#within = false;
    if (whole && line[0] === DASH && line[1] === DASH && this.#boundary(line)) return;
    if (!this.#headers) return this.#content(line);
    if (whole && (line[0] === LF || (line[0] === 13 && line[1] === LF))) return this.#endHeaders();
    this.#headers.push(Buffer.from(line));
    this.#countHeaders(line.length);
  }

  #countHeaders(size: number): void {
    this.#headerBytes += size;
    if (this.#headerBytes > this.#limits.headers) throw new MailRefused(552, '5.3.4', 'The headers are too large.');
  }

  /** Ends or begins parts where the line is a boundary of a multipart that is open. */
  #boundary(line: Buffer): boolean {
    const text = line.subarray(2, 2 + LONGEST_LINE);
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const { boundary } = this.#open[depth] as Open;
      if (!boundary || text.length < boundary.length || boundary.compare(text, 0, boundary.length) !== 0) continue;
      const after = text.subarray(boundary.length).toString('latin1').trim();
      if (after !== '' && after !== '--') continue;
      if (this.#headers) this.#endHeaders();
      while (this.#open.length > depth + 1) this.#close();
      this.#lineEnd = NOTHING;
      if (after === '--') (this.#open[depth] as Open).boundary = undefined;
      else this.#begin(depth);
      return true;
    }
    return false;
  }

  #begin(depth: number): void {
    (this.#open[depth] as Open).children++;
    if (this.#parts >= this.#limits.parts) throw new MailRefused(554, '5.6.0', 'The mail has too many parts.');
    if (this.#open.length >= this.#limits.depth)
      throw new MailRefused(554, '5.6.0', 'The parts stand too deep in each other.');
    this.#headers = [];
  }

  #endHeaders(): void {
    const block = Buffer.concat(this.#headers ?? []);
    this.#headers = undefined;
    this.#lineEnd = NOTHING;
    this.#parts++;
    const parent = this.#open.at(-1)?.part;
    const part = mediaPartOf(readHeaders(block), parent);
    const boundary = part.role === 'multipart' ? Buffer.from(part.boundary) : undefined;
    this.#open.push({ part, boundary, children: 0 });
    this.#listener.part(part, block);
  }

  #close(): void {
    const ended = this.#open.pop();
    this.#lineEnd = NOTHING;
    if (ended) this.#listener.end(ended.part);
  }

  #content(bytes: Buffer): void {
    const open = this.#open.at(-1);
    // What stands before the first part or after the last one is for programs that know no MIME.
    if (!open || (open.part.role === 'multipart' && open.children > 0)) return;
    const end = bytes.at(-1) !== LF ? bytes.length : bytes.at(-2) === 13 ? bytes.length - 2 : bytes.length - 1;
    if (this.#lineEnd.length > 0) this.#listener.body(open.part, this.#lineEnd);
    if (end > 0) this.#listener.body(open.part, bytes.subarray(0, end));
    this.#lineEnd = Buffer.from(bytes.subarray(end));
  }
}
