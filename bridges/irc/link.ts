import type { Socket } from 'node:net';
import framework from 'irc-framework';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Rate } from '#src/lib/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';
import { line as makeLine } from './encode.ts';
import { lineReader } from './lines.ts';
import { openWriter, type Writer } from './queue.ts';
import type { Line } from './view.ts';

/** Milliseconds of silence after which the server is asked whether it is there, and that it then has to answer. */
const SILENCE = 60_000;
/** Milliseconds that a server has to close the line after QUIT. */
const FAREWELL = 2_000;

/** An open line to a server: parsed lines come in, guarded ones go out. */
export type Link = {
  readonly writer: Writer;
  pause(paused: boolean): void;
  /** Closes at once because of `failure`. */
  fail(failure: Failure): void;
  /** Says `last` and waits for the server to close, two seconds at most. Never rejects. */
  end(last: string): Promise<void>;
};

type Options = {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly log: Log;
  readonly throttle: Rate;
  readonly charset: string;
  readonly barrier: () => string | undefined;
  /** Whether a line need not be parsed. Never throws. */
  readonly skip: (text: string) => boolean;
  /** May throw: the line is dropped then. */
  readonly onLine: (line: Line) => void;
  /** Once, with the reason if it was ours. */
  readonly onClosed: (failure: Failure | undefined) => void;
};

/** Takes an open socket over. Nothing that a server sends escapes from here as an exception. */
export function openLink(options: Options): Link {
  const { socket, clock, log } = options;
  const writer = openWriter({ socket, clock, throttle: options.throttle, barrier: options.barrier });
  const reader = lineReader(options.charset);
  const closed = Promise.withResolvers<void>();
  let failure: Failure | undefined;
  let paused = false;
  const now = (): number => clock.uptime?.() ?? clock.now();
  let heard = now();
  /** When the server was asked whether it is there, as long as it has said nothing since. */
  let asked: number | undefined;
  let cancel = clock.after(SILENCE, listen);

  function fail(reason: Failure): void {
    failure ??= reason;
    socket.destroy();
  }

  // While reading is paused, silence says nothing.
  function listen(): void {
    const since = paused ? now() : (asked ?? heard);
    const left = since + SILENCE - now();
    cancel = clock.after(left > 0 ? left : SILENCE, listen);
    if (left > 0) return;
    if (asked !== undefined)
      return fail(new Failure('remote-server-timeout', { text: 'The server does not answer any more.' }));
    asked = now();
    writer.urgent(makeLine('PING', [], 'alive'));
  }

  function take(text: string): void {
    if (failure || options.skip(text)) return;
    let command = '';
    try {
      const line = framework.ircLineParser(text);
      command = line.command;
      options.onLine(line);
    } catch (error) {
      log.error(
        { command: command.slice(0, 20), error: error instanceof Error ? error.name : typeof error },
        'a line from the server was dropped',
      );
    }
  }

  socket.on('data', (chunk: Buffer) => {
    heard = now();
    asked = undefined;
    try {
      reader.push(chunk, take);
    } catch (error) {
      fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
  });
  socket.on('end', () => socket.end());
  socket.on('error', (error) => log.debug({ error: error.name }, 'the connection to a server broke'));
  socket.on('close', () => {
    cancel();
    writer.stop();
    try {
      options.onClosed(failure);
    } catch (error) {
      log.error({ err: error }, 'the end of a connection was not taken');
    }
    closed.resolve();
  });

  return {
    writer,
    fail,
    pause(on) {
      paused = on;
      asked = undefined;
      heard = now();
      if (on) socket.pause();
      else socket.resume();
    },
    async end(last) {
      if (socket.destroyed) return closed.promise;
      socket.resume();
      writer.end(last);
      const giveUp = clock.after(FAREWELL, () => socket.destroy());
      await closed.promise;
      giveUp();
    },
  };
}
