import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';

const LIMIT = 20;
const PATIENCE = 30_000;

type Trip = { readonly done: () => void; readonly fail: (failure: Failure) => void };

/** Questions to a server that its PONG answers. */
export class RoundTrips {
  readonly #clock: Clock;
  #open: Map<string, Trip> | undefined;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with milliseconds. Rejects with a `Failure`. */
  start(ping: (token: string) => void): Promise<number> {
    this.#open ??= new Map();
    const open = this.#open;
    if (open.size >= LIMIT) return Promise.reject(new Failure('queue-full'));
    const token = `trip-${++this.#count}`;
    const begin = this.#clock.now();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const cancel = this.#clock.after(PATIENCE, () => open.get(token)?.fail(new Failure('remote-server-timeout')));
    const close = () => {
      cancel();
      open.delete(token);
    };
    open.set(token, {
      done: () => {
        close();
        resolve(this.#clock.now() - begin);
      },
      fail: (failure) => {
        close();
        reject(failure);
      },
    });
    ping(token);
    return promise;
  }

  /** True if the token was one of ours. */
  pong(token: string): boolean {
    const trip = this.#open?.get(token);
    trip?.done();
    return trip !== undefined;
  }

  fail(failure: Failure): void {
    for (const trip of [...(this.#open?.values() ?? [])]) trip.fail(failure);
  }
}
