import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';

const LIMIT = 20;
const PATIENCE = 30_000;

/** Questions to a server that its PONG answers. */
export type RoundTrips = {
  /** Resolves with milliseconds. Rejects with a `Failure`. */
  start(ping: (token: string) => void): Promise<number>;
  /** True if the token was one of ours. */
  pong(token: string): boolean;
  fail(failure: Failure): void;
};

export function openRoundTrips(clock: Clock): RoundTrips {
  const open = new Map<string, { done: () => void; fail: (failure: Failure) => void }>();
  let count = 0;
  return {
    start(ping) {
      if (open.size >= LIMIT) return Promise.reject(new Failure('queue-full'));
      const token = `trip-${++count}`;
      const begin = clock.now();
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const cancel = clock.after(PATIENCE, () => open.get(token)?.fail(new Failure('remote-server-timeout')));
      const close = () => {
        cancel();
        open.delete(token);
      };
      open.set(token, {
        done: () => {
          close();
          resolve(clock.now() - begin);
        },
        fail: (failure) => {
          close();
          reject(failure);
        },
      });
      ping(token);
      return promise;
    },
    pong(token) {
      const trip = open.get(token);
      trip?.done();
      return trip !== undefined;
    },
    fail(failure) {
      for (const trip of [...open.values()]) trip.fail(failure);
    },
  };
}
