// Preloaded by the process that is measured (`Setting.rounds`): notes the rounds of its event loop that have cost much. What counts
// is the CPU time of the main thread, which a busy machine does not change.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds of CPU time from which on a round is noted. */
const LEAST = 20;

const file = process.env.ISTHMUS_ROUNDS;
let before = process.threadCpuUsage();

function look(): void {
  const used = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  const ms = (used.user + used.system) / 1000;
  if (ms >= LEAST && file !== undefined) appendFileSync(file, `${Date.now()} ${ms.toFixed(0)}\n`);
  setTimeout(look, 1).unref();
}

if (isMainThread) look();
