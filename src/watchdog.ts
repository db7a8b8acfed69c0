import { Worker } from 'node:worker_threads';
import type { Log } from '#src/lib/log.ts';
import type { WatchdogData } from './watchdog.worker.ts';

const BEAT = 1000;

/**
 * Watches the main loop from a thread of its own, which writes to the log when the loop stands still for longer than
 * `stallTime` milliseconds, and again when it goes on. Does not keep the process alive.
 */
export function startWatchdog(stallTime: number, log: Log): AsyncDisposable {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const workerData: WatchdogData = { beats, stallTime };
  const worker = new Worker(new URL(import.meta.resolve('#src/watchdog.worker.ts')), { workerData, execArgv: [] });
  worker.on('error', (err) => log.error({ err }, 'the watchdog has stopped'));
  worker.unref();
  const beat = () => {
    Atomics.add(beats, 0, 1);
    Atomics.notify(beats, 0);
  };
  const timer = setInterval(beat, Math.min(BEAT, stallTime / 4)).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}
