import type { Socket } from 'node:net';
import { texts } from '#bridges/irc/texts.ts';
import type { Encodings } from '#bridges/irc/wire/encodings.ts';
import { penaltyOf } from '#mappings/irc-pace.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type Rate, type TokenBucket, tokenBucket } from '#src/lib/time/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';
import { type Purse, type QueuedLine, SendQueue } from './send-queue.ts';

/** Urgent lines that may wait: an endless PING from the server must not fill memory. */
const URGENT_LIMIT = 100;
/** Lines that are proven by one barrier where more wait: servers weigh it as they do lines. */
const PROVEN_TOGETHER = 4;

type Options = {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly throttle: Rate;
  /** The most lines that may wait. */
  readonly queued: number;
  readonly encodings: Pick<Encodings, 'plain' | 'encode'>;
  readonly owner: {
    /** Says which line is to go at the end of a write in which queued lines go. */
    barrier(): string | undefined;
    /** What the network calls itself. */
    readonly network: string | undefined;
  };
};

/** RFC 2812 §2.3: what ends a line. */
const END = Buffer.from('\r\n');

/** The one writer of a connection: once per turn of the event loop, at most as fast as the throttle says and the socket takes it. */
export class LineWriter implements Purse {
  readonly #options: Options;
  readonly #pace: TokenBucket;
  readonly #drained = (): void => this.#schedule();
  #queue = new SendQueue();
  /** What lines that have gone count beyond what was there for them. */
  #debt = 0;
  /** Lines that have gone since the last barrier. */
  #unproven = 0;
  #urgent: string[] = [];
  #turn: NodeJS.Immediate | undefined;
  #cancel: (() => void) | undefined;
  /** What can wait, as long as there is any. */
  #idle: QueuedLine[] | undefined;
  #linger: (() => void) | undefined;
  #open = true;

  constructor(options: Options) {
    this.#options = options;
    this.#pace = tokenBucket(options.throttle, options.clock);
    options.socket.on('drain', this.#drained);
  }

  /**
   * Queues a line behind those of its rank: commands go first, then talk, then notices. `sent` is called when it has gone
   * to the socket. Throws `Failure('queue-full')`.
   */
  send(given: string | readonly string[], sent?: () => void): void {
    const line = typeof given === 'string' ? guarded(given) : given.map(guarded).join('\r\n');
    if (!this.#open) throw new Failure('recipient-unavailable');
    if (this.#queue.length >= this.#options.queued) throw new Failure('queue-full');
    this.#queue.push({ line, sent });
    if (!this.#cancel) this.#schedule();
  }

  /** Takes a queued line back that would call this when it goes; false where it has gone. */
  withdraw(sent: () => void): boolean {
    return this.#queue.withdraw(sent);
  }

  /**
   * Queues a line that can wait: it goes when nothing else does, and leaves half of the burst to what people say. `sent`
   * as above.
   */
  later(line: string, sent?: () => void): void {
    const item = { line: guarded(line), sent };
    this.#idle ??= [];
    if (this.#idle.length < this.#options.queued) this.#idle.push(item);
    if (!this.#linger) this.#schedule();
  }

  /** Goes before all that waits, without regard to the throttle. Throws `Failure` for a line that holds another. */
  urgent(line: string): void {
    const urgent = guarded(line);
    if (this.#urgent.length < URGENT_LIMIT) this.#urgent.push(urgent);
    this.#schedule();
  }

  /** Writes what may go now and then `last`; drops what still waits. */
  end(last: string): void {
    const line = guarded(last);
    if (this.#open) {
      this.#flush();
      this.#write([line]);
    }
    this.stop();
  }

  /** Drops what waits. */
  stop(): void {
    this.#open = false;
    this.#queue = new SendQueue();
    this.#idle = undefined;
    this.#cancel?.();
    this.#linger?.();
    if (this.#turn) clearImmediate(this.#turn);
    this.#options.socket.off('drain', this.#drained);
  }

  #schedule(): void {
    if (this.#open) this.#turn ??= setImmediate(LineWriter.#turned, this);
  }

  static #turned(writer: LineWriter): void {
    writer.#flush();
  }

  #flush(): void {
    this.#turn = undefined;
    const { socket } = this.#options;
    if (!this.#open || socket.writableNeedDrain) return;
    const lines = this.#urgent.length > 0 ? this.#urgent : [];
    if (lines.length > 0) this.#urgent = [];
    const gone = this.#queue.take(this);
    for (const { line, sent } of gone) {
      lines.push(line);
      sent?.();
    }
    this.#unproven += gone.length;
    const last = this.#unproven > 0 ? this.#barrier() : undefined;
    if (last !== undefined) lines.push(last);
    if (this.#idle) lines.push(...this.#idled());
    this.#write(lines);
    if (this.#queue.length > 0) this.#wait();
    else if (this.#idle) this.#rest();
  }

  /** A line goes where there is anything for it; what it counts beyond that is paid before the next. */
  pays(line: string): boolean {
    if (this.#debt > 0) this.#debt -= this.#pace.take(this.#debt);
    if (this.#debt > 0 || this.#pace.take(1) === 0) return false;
    if (this.#options.throttle !== 'off') this.#debt = penaltyOf(line, this.#options.owner.network) - 1;
    return true;
  }

  #barrier(): string | undefined {
    const { throttle, owner } = this.#options;
    const paced = throttle !== 'off';
    if (paced && this.#queue.length > 0 && this.#unproven < PROVEN_TOGETHER) return undefined;
    this.#unproven = 0;
    const line = owner.barrier();
    if (paced && line !== undefined) this.#debt += penaltyOf(line, owner.network);
    return line;
  }

  get #spare(): number {
    const { throttle } = this.#options;
    return throttle === 'off' ? 0 : Math.floor(throttle.burst / 2);
  }

  #idled(): readonly string[] {
    if (!this.#idle || this.#queue.length > 0) return NO_LINES;
    const gone = this.#idle.splice(0, this.#pace.take(this.#idle.length, this.#spare));
    if (this.#idle.length === 0) this.#idle = undefined;
    for (const item of gone) item.sent?.();
    return gone.map((item) => item.line);
  }

  #rest(): void {
    this.#linger ??= this.#options.clock.after(this.#pace.wait(this.#spare), () => {
      this.#linger = undefined;
      this.#schedule();
    });
  }

  #write(lines: readonly string[]): void {
    const { socket, encodings } = this.#options;
    if (lines.length === 0) return;
    if (encodings.plain) socket.write(`${lines.join('\r\n')}\r\n`);
    else socket.write(Buffer.concat(lines.flatMap((line) => [Buffer.from(encodings.encode(line)), END])));
  }

  #wait(): void {
    this.#cancel ??= this.#options.clock.after(this.#pace.wait(), () => {
      this.#cancel = undefined;
      this.#schedule();
    });
  }
}

const NO_LINES: readonly string[] = [];

/** The last gate before the socket: whatever made the line, it is one line. */
function guarded(line: string): string {
  if (line === '' || /[\r\n\0]/.test(line)) throw new Failure('not-acceptable', { text: texts.badCharacters });
  return line;
}
