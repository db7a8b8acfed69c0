import type { Socket } from 'node:net';
import framework from 'irc-framework';
import { texts } from '#bridges/irc/texts.ts';
import type { Encodings } from '#bridges/irc/wire/encodings.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { LineReader } from '#bridges/irc/wire/line-reader.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Rate } from '#src/lib/time/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';
import { LineWriter } from './line-writer.ts';
import type { Line } from './server-view.ts';

/** Milliseconds for which what a server says is read at a time: then it is the turn of all others. */
const SLICE = 4;
/** Milliseconds that a server has to close the line after QUIT. */
const FAREWELL = 2_000;

/** Whose line it is. */
export type LineSocketOwner = {
  /** A line to go at the end of a write. */
  barrier(): string | undefined;
  /** What the network calls itself. */
  readonly network: string | undefined;
  /** Whether a line need not be parsed. May throw: the line is dropped then. */
  skip(text: string): boolean;
  /** May throw: the line is dropped then. */
  take(line: Line): void;
  /** Whether the server is asked whether it is there: before a login is over that is for the limit of the login. */
  readonly asksAlive: boolean;
  /** Once, with the reason if it was ours. */
  closed(failure: Failure | undefined): void;
};

type Options = {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly log: Log;
  readonly throttle: Rate;
  /** Milliseconds without a word after which the server is asked whether it is there, and given up after as long again. */
  readonly silence: number;
  /** The most lines that may wait. */
  readonly queued: number;
  readonly encodings: Encodings;
  readonly owner: LineSocketOwner;
};

/**
 * An open line to a server: parsed lines come in, guarded ones go out. It takes an open socket over, and nothing that a
 * server sends escapes from here as an exception.
 */
export class LineSocket {
  readonly writer: LineWriter;
  readonly #options: Options;
  readonly #reader: LineReader;
  readonly #take = (text: string): void => this.#read(text);
  #closed: PromiseWithResolvers<void> | undefined;
  #open = true;
  #failure: Failure | undefined;
  #paused = false;
  /** What has come and is to be read when all others have had their turn. */
  #unread: Buffer | undefined;
  #turn: NodeJS.Immediate | undefined;
  #heard: number;
  /** When the server was asked whether it is there, as long as it has said nothing since. */
  #asked: number | undefined;
  #cancel: () => void;

  constructor(options: Options) {
    this.#options = options;
    const { socket, clock, encodings } = options;
    this.writer = new LineWriter(options);
    this.#reader = new LineReader(encodings);
    this.#heard = this.#now();
    this.#cancel = clock.after(options.silence, () => this.#listen());
    socket.on('data', (chunk: Buffer) => this.#came(chunk));
    socket.on('end', endBack);
    socket.on('error', (error) => options.log.debug({ error: error.name }, 'the connection to a server broke'));
    socket.on('close', () => this.#ended());
    socket.resume();
  }

  /** Closes at once because of `failure`. */
  fail(reason: Failure): void {
    this.#failure ??= reason;
    this.#options.socket.destroy();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#asked = undefined;
    this.#heard = this.#now();
    if (paused) this.#options.socket.pause();
    else if (!this.#turn) this.#options.socket.resume();
  }

  /** Says `last` and waits for the server to close, two seconds at most. Never rejects. */
  async end(last: string): Promise<void> {
    if (!this.#open) return;
    const { socket, clock } = this.#options;
    this.#closed ??= Promise.withResolvers();
    if (socket.destroyed) return this.#closed.promise;
    this.#paused = false;
    if (!this.#turn) socket.resume();
    this.writer.end(last);
    const giveUp = clock.after(FAREWELL, () => socket.destroy());
    await this.#closed.promise;
    giveUp();
  }

  #now(): number {
    const { clock } = this.#options;
    return clock.uptime?.() ?? clock.now();
  }

  #came(chunk: Buffer): void {
    this.#heard = this.#now();
    this.#asked = undefined;
    // What came is the socket's, which reads the next into it.
    if (this.#turn) this.#unread = Buffer.concat([...(this.#unread ? [this.#unread] : []), chunk]);
    else this.#slice(SLICE, chunk);
  }

  /** Reads for so many milliseconds, and on in the next turn of the event loop. A socket is read many times in one turn. */
  #slice(limit: number, chunk = this.#unread): void {
    const began = performance.now();
    this.#unread = undefined;
    try {
      if (chunk && !this.#failure)
        this.#unread = this.#reader.push(chunk, this.#take, () => performance.now() - began < limit);
    } catch (error) {
      this.fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
    if (!this.#unread && performance.now() - began < limit / 4) return this.#flow();
    this.#options.socket.pause();
    this.#turn = setImmediate(LineSocket.#turned, this);
  }

  static #turned(line: LineSocket): void {
    line.#turn = undefined;
    line.#slice(SLICE);
  }

  #flow(): void {
    if (!this.#paused) this.#options.socket.resume();
  }

  // While reading is paused, silence says nothing.
  #listen(): void {
    const resting = this.#paused || !this.#options.owner.asksAlive;
    const since = resting ? this.#now() : (this.#asked ?? this.#heard);
    const { silence, clock } = this.#options;
    const left = since + silence - this.#now();
    this.#cancel = clock.after(left > 0 ? left : silence, () => this.#listen());
    if (left > 0) return;
    if (this.#asked !== undefined) return this.fail(new Failure('remote-server-timeout', { text: texts.silent }));
    this.#asked = this.#now();
    this.writer.urgent(makeLine('PING', [], 'alive'));
  }

  #read(text: string): void {
    const { owner, log } = this.#options;
    if (this.#failure) return;
    let command = '';
    try {
      if (owner.skip(text)) return;
      const line = framework.ircLineParser(text);
      command = line.command;
      owner.take(line);
    } catch (error) {
      log.error(
        { command: command.slice(0, 20), error: error instanceof Error ? error.name : typeof error },
        'a line from the server was dropped',
      );
    }
  }

  #ended(): void {
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#unread) this.#slice(Number.POSITIVE_INFINITY);
    this.#open = false;
    this.#cancel();
    this.writer.stop();
    try {
      this.#options.owner.closed(this.#failure);
    } catch (error) {
      this.#options.log.error({ err: error }, 'the end of a connection was not taken');
    }
    this.#closed?.resolve();
  }
}

/** RFC 9293 §3.6: the server has closed its side, so we close ours. */
function endBack(this: Socket): void {
  this.end();
}
