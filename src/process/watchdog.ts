import { Worker } from 'node:worker_threads';
import type { Log } from '#src/lib/log.ts';
import type { Heart } from '#src/lib/time/stall.ts';

/** Watches the main loop from a thread of its own, where no other thread can do it. Does not keep the process alive. */
export function startWatchdog({ beats, stallTime }: Heart, log: Log): AsyncDisposable {
  const workerData: Heart = { beats, stallTime };
  const worker = new Worker(new URL(import.meta.resolve('#src/process/watchdog.worker.ts')), {
    workerData,
    execArgv: [],
  });
  worker.on('error', (err) => log.error({ err }, 'the watchdog has stopped'));
  worker.unref();
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
