import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** How many times as long as one request what takes several may take: who waits for it hears of it then. */
const REQUESTS = 3;

/**
 * Does what takes several requests, each of which may take `timeout` ms. Rejects with `remote-server-timeout` where all of them
 * together take too long; what is under way is given up by the signal, and goes on no further than to its next request.
 */
export async function limited<T>(
  clock: Pick<Clock, 'after'>,
  timeout: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const stop = new AbortController();
  const cancel = clock.after(REQUESTS * timeout, () => {
    const failure = new Failure('remote-server-timeout');
    stop.abort(failure);
    late.reject(failure);
  });
  try {
    return await Promise.race([work(stop.signal), late.promise]);
  } finally {
    cancel();
  }
}
