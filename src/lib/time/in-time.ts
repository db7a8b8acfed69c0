import type { Clock } from './clock.ts';

/** Resolves with true once the work has ended, and with false where it takes longer than that (ms): it goes on. Rejects with what the work does. */
export async function inTime(clock: Pick<Clock, 'after'>, ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = clock.after(ms, () => late.resolve(false));
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    cancel();
  }
}
