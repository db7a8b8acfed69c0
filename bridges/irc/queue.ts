import type { Socket } from 'node:net';
import type { Clock } from '#src/lib/clock.ts';
import { type Rate, tokenBucket } from '#src/lib/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';

/** Lines that may wait for a connection, and urgent ones (an endless PING from the server must not fill memory). */
const QUEUE_LIMIT = 500;
const URGENT_LIMIT = 100;

/** The one writer of a connection. */
export type Writer = {
  /** Queues a line; `sent` is called when it has gone to the socket. Throws `Failure('queue-full')`. */
  send(line: string, sent?: () => void): void;
  /** Queues a line that can wait: it goes when nothing else does, and leaves half of the burst to what people say. */
  later(line: string): void;
  /** Goes before all that waits, without regard to the throttle. Throws `Failure` for a line that holds another. */
  urgent(line: string): void;
  /** Writes what may go now and then `last`; drops what still waits. */
  end(last: string): void;
  /** Drops what waits. */
  stop(): void;
  readonly waiting: number;
};

type Options = {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly throttle: Rate;
  /** A line to go at the end of a write in which queued lines go. */
  readonly barrier: () => string | undefined;
};

/** Writes once per turn of the event loop, at most as fast as the throttle says and the socket takes it. */
export function openWriter({ socket, clock, throttle, barrier }: Options): Writer {
  const pace = tokenBucket(throttle, clock);
  let queue: { line: string; sent: (() => void) | undefined }[] = [];
  let urgent: string[] = [];
  let idle: string[] = [];
  const spare = throttle === 'off' ? 0 : Math.floor(throttle.burst / 2);
  let turn: NodeJS.Immediate | undefined;
  let cancel: (() => void) | undefined;
  let linger: (() => void) | undefined;
  let open = true;

  const schedule = () => {
    if (open) turn ??= setImmediate(flush);
  };
  socket.on('drain', schedule);

  function flush(): void {
    turn = undefined;
    if (!open || socket.writableNeedDrain) return;
    const count = Math.min(queue.length, pace.take(queue.length));
    const gone = count === 0 ? [] : queue.slice(0, count);
    if (count > 0) queue = queue.slice(count);
    for (const item of gone) item.sent?.();
    const last = gone.length > 0 ? barrier() : undefined;
    write([...urgent, ...gone.map((item) => item.line), ...(last === undefined ? [] : [last]), ...idled()]);
    urgent = [];
    if (queue.length > 0) wait();
    else if (idle.length > 0) rest();
  }

  function idled(): string[] {
    if (idle.length === 0 || queue.length > 0) return [];
    return idle.splice(0, pace.take(idle.length, spare));
  }

  function write(lines: readonly string[]): void {
    if (lines.length > 0) socket.write(`${lines.join('\r\n')}\r\n`);
  }

  function wait(): void {
    cancel ??= clock.after(pace.wait(), () => {
      cancel = undefined;
      schedule();
    });
  }

  function rest(): void {
    linger ??= clock.after(pace.wait(spare), () => {
      linger = undefined;
      schedule();
    });
  }

  function stop(): void {
    open = false;
    queue = [];
    idle = [];
    cancel?.();
    linger?.();
    if (turn) clearImmediate(turn);
    socket.off('drain', schedule);
  }

  return {
    send(line, sent) {
      guard(line);
      if (!open) throw new Failure('recipient-unavailable');
      if (queue.length >= QUEUE_LIMIT) throw new Failure('queue-full');
      queue.push({ line, sent });
      if (!cancel) schedule();
    },
    later(line) {
      guard(line);
      if (idle.length < QUEUE_LIMIT) idle.push(line);
      if (!linger) schedule();
    },
    urgent(line) {
      guard(line);
      if (urgent.length < URGENT_LIMIT) urgent.push(line);
      schedule();
    },
    end(last) {
      guard(last);
      if (open) {
        flush();
        write([last]);
      }
      stop();
    },
    stop,
    get waiting() {
      return queue.length;
    },
  };
}

/** The last gate before the socket: whatever made the line, it is one line. */
function guard(line: string): void {
  if (line === '' || /[\r\n\0]/.test(line))
    throw new Failure('not-acceptable', { text: 'This holds characters that a line on IRC cannot carry.' });
}
