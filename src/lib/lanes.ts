type Work = () => void | Promise<void>;

/** Work that is done one after the other within a lane, side by side across lanes. */
export type Lanes = {
  /**
   * Runs `work` after all that was given to the lane before. Synchronous work in an idle lane runs at once, so that
   * nothing is allocated on the hot path. A rejection is the caller's: `work` must not throw.
   */
  run(key: string, work: () => void | Promise<void>): void;
  /** The same for who waits: nothing where the work was done at once, else what ends as it does. Here it may throw. */
  within(key: string, work: () => void | Promise<void>): void | Promise<void>;
  /** Resolves when every lane has run dry. */
  idle(): Promise<void>;
  readonly size: number;
};

/** An empty set of lanes; `onError` hears of work that broke its promise not to throw. */
export function lanes(onError: (error: unknown) => void): Lanes {
  const waiting = new Map<string, Work[]>();
  const idlers: (() => void)[] = [];

  function attempt(work: Work): Promise<void> | undefined {
    try {
      return work()?.catch(onError);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  async function drain(key: string, queue: Work[], first: Promise<void>): Promise<void> {
    await first;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const going = attempt(next);
      // Synchronous work that was given in one turn is done in one turn.
      if (going) await going;
    }
    waiting.delete(key);
    if (waiting.size === 0) for (const wake of idlers.splice(0)) wake();
  }

  function run(key: string, work: Work): void {
    const queue = waiting.get(key);
    if (queue) {
      queue.push(work);
      return;
    }
    const pending = attempt(work);
    if (!pending) return;
    const fresh: Work[] = [];
    waiting.set(key, fresh);
    void drain(key, fresh, pending);
  }

  return {
    run,
    within(key, work) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let done = false;
      run(key, () => {
        try {
          const going = work();
          if (going) return going.then(resolve, reject);
          done = true;
          resolve();
        } catch (error) {
          reject(error);
        }
      });
      return done ? undefined : promise;
    },
    idle: () => (waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    get size() {
      return waiting.size;
    },
  };
}
