import type { Socket } from 'node:net';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type FromLoft, fromLoft, lineCutter, type ToLoft } from './wire.ts';

/** Messages that may wait to be taken; above, the socket is read no further. */
const BACKLOG = 100;
/** Milliseconds that the loft has to close the line after we did. */
const FAREWELL = 2_000;

/** An open line: checked messages come in one after the other, and this is the only code that writes. */
export type Link = {
  send(message: ToLoft): void;
  pause(paused: boolean): void;
  /** Closes at once because of `failure`. */
  fail(failure: Failure): void;
  /** Closes at once because of what could not be taken. */
  broken(error: unknown): void;
  /** Closes politely. Never rejects. */
  end(): Promise<void>;
};

type Parts = {
  readonly socket: Socket;
  readonly host: Pick<Host, 'log' | 'clock'>;
  /** The next message comes when this one has been taken. A rejection closes the line: nothing may be skipped. */
  onMessage(message: FromLoft): void | Promise<void>;
  /** Once, with the reason if it was ours. */
  onClosed(failure: Failure | undefined): void;
};

/** Takes an open socket over. */
export function openLink({ socket, host, onMessage, onClosed }: Parts): Link {
  const inbox: FromLoft[] = [];
  const closed = Promise.withResolvers<void>();
  let failure: Failure | undefined;
  let paused = false;
  let ending = false;
  let busy = false;

  function fail(reason: Failure): void {
    failure ??= reason;
    socket.destroy();
  }

  function flow(): void {
    if (!ending && (paused || inbox.length > BACKLOG)) socket.pause();
    else socket.resume();
  }

  async function drain(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let next = take(); next; next = take()) {
      const work = onMessage(next);
      if (work) await work;
    }
    busy = false;
  }

  function take(): FromLoft | undefined {
    const next = paused || ending || socket.destroyed ? undefined : inbox.shift();
    flow();
    return next;
  }

  function broken(error: unknown): void {
    host.log.error({ err: error }, 'a message from the loft could not be taken');
    fail(new Failure('remote-server-timeout', { text: 'The loft could not be understood.', cause: error }));
  }

  const cut = lineCutter((line) => inbox.push(fromLoft.parse(JSON.parse(line))));
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    try {
      cut(chunk);
    } catch (error) {
      broken(error);
    }
    drain().catch(broken);
  });
  socket.on('end', () => socket.end());
  socket.on('error', (error) => host.log.debug({ error: error.name }, 'the line to the loft broke'));
  socket.on('close', () => {
    onClosed(failure);
    closed.resolve();
  });

  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    fail,
    broken,
    pause(now) {
      paused = now;
      flow();
      drain().catch(broken);
    },
    async end() {
      ending = true;
      socket.end();
      flow();
      const giveUp = host.clock.after(FAREWELL, () => socket.destroy());
      if (!socket.destroyed) await closed.promise;
      giveUp();
    },
  };
}
