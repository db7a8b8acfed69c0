// A worker that answers with what it was sent, except that it never ends with `hang`, dies of `die` and eats all with `eat`;
// with `wait` it answers late and has done nothing meanwhile, as on a machine that has no time for it.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ slim }: { slim: Uint8Array }) => {
  const text = Buffer.from(slim).toString();
  if (text === 'hang') for (;;);
  if (text === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  if (text === 'die') throw new Error('no more');
  if (text === 'eat') for (const all: unknown[] = []; ; ) all.push(new Array(100_000).fill(all));
  parentPort?.postMessage({ done: { text }, spent: process.threadCpuUsage() });
});
parentPort?.postMessage({ spent: process.threadCpuUsage() });
