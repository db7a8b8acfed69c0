import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const BEAT = 1000;

/** What the main thread hands over: a counter that it raises with each beat, and how long it may stand still (ms). */
export type Heart = { readonly beats: Int32Array<SharedArrayBuffer>; readonly stallTime: number };

/** Raises a counter for as long as the main loop goes on. Does not keep the process alive. */
export function startHeart(stallTime: number): Heart & Disposable {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const timer = setInterval(() => Atomics.add(beats, 0, 1), Math.min(BEAT, stallTime / 4)).unref();
  return { beats, stallTime, [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Watches from another thread, and writes to the log when the main loop stands still for longer than it may, and again
 * when it goes on.
 */
export function watchHeart({ beats, stallTime }: Heart): void {
  let seen = 0;
  let since = performance.now();
  let stalled = false;
  const look = () => {
    const now = performance.now();
    const beat = Atomics.load(beats, 0);
    const stood = Math.round(now - since);
    if (beat !== seen) {
      if (stalled) report(`the main loop goes on after standing still for ${stood} ms`, stood);
      seen = beat;
      since = now;
      stalled = false;
    } else if (!stalled && stood >= stallTime) {
      report(`the main loop has been standing still for ${stallTime} ms`, stallTime);
      stalled = true;
    }
  };
  setInterval(look, Math.min(BEAT, stallTime / 4));
}

/** Writes a line of the log by itself, since the main thread cannot: in pino's form, level 50 is an error. */
function report(msg: string, stalled: number): void {
  const line = isatty(1) ? `ERROR: ${msg}` : JSON.stringify({ level: 50, time: Date.now(), stalled_ms: stalled, msg });
  writeAll(Buffer.from(`${line}\n`));
}

function writeAll(bytes: Uint8Array): void {
  try {
    const written = writeSync(1, bytes);
    if (written < bytes.length) writeAll(bytes.subarray(written));
  } catch (error) {
    // A full pipe: whoever reads the log is behind. Try again a little later.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    setTimeout(writeAll, 100, bytes);
  }
}
