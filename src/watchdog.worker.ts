import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { workerData } from 'node:worker_threads';

/** What the main thread hands over: a counter that it raises with each beat, and how long it may stand still (ms). */
export type WatchdogData = { readonly beats: Int32Array<SharedArrayBuffer>; readonly stallTime: number };

const { beats, stallTime }: WatchdogData = workerData;

for (;;) {
  const seen = Atomics.load(beats, 0);
  const before = performance.now();
  if (Atomics.wait(beats, 0, seen, stallTime) !== 'timed-out') continue;
  report(`the main loop has been standing still for ${stallTime} ms`, { stalled_ms: stallTime });
  Atomics.wait(beats, 0, seen);
  const stalled = Math.round(performance.now() - before);
  report(`the main loop goes on after standing still for ${stalled} ms`, { stalled_ms: stalled });
}

/** Writes a line of the log by itself, since the main thread cannot: in pino's form, level 50 is an error. */
function report(msg: string, fields: Readonly<Record<string, number>>): void {
  const line = isatty(1) ? `ERROR: ${msg}` : JSON.stringify({ level: 50, time: Date.now(), ...fields, msg });
  writeAll(Buffer.from(`${line}\n`));
}

function writeAll(bytes: Uint8Array): void {
  try {
    const written = writeSync(1, bytes);
    if (written < bytes.length) writeAll(bytes.subarray(written));
  } catch (error) {
    // A full pipe: whoever reads the log is behind. Try again, this thread has time.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    writeAll(bytes);
  }
}
