import { StoreUnavailable } from '#src/store/unit.ts';

/** Most jobs of one group, and most that may wait: more is refused at once. */
const LARGEST = 1000;
const MOST_WAITING = 100_000;

type Waiting<Job, Done> = { job: Job; resolve: (done: Done) => void; reject: (reason: unknown) => void };

export type Groups<Job, Done> = {
  add(job: Job): Promise<Done>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

/**
 * Group commit: what arrives in one tick, or while a group is under way, makes up the next group. Promises are settled
 * after `run` has resolved with a result or an error for each job, in order. When it rejects, all its jobs reject.
 */
export function inGroups<Job, Done>(
  run: (jobs: readonly Job[]) => Promise<readonly (Done | Error)[]>,
): Groups<Job, Done> {
  const waiting: Waiting<Job, Done>[] = [];
  let busy: Promise<void> | undefined;

  const drain = async () => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, LARGEST);
      await run(group.map(({ job }) => job)).then(
        (results) => settle(group, results),
        (reason) => {
          for (const { reject } of group) reject(reason);
        },
      );
    }
    busy = undefined;
  };

  return {
    add(job) {
      if (waiting.length >= MOST_WAITING) return Promise.reject(new StoreUnavailable('too much is waiting'));
      const { promise, resolve, reject } = Promise.withResolvers<Done>();
      waiting.push({ job, resolve, reject });
      busy ??= Promise.resolve().then(drain);
      return promise;
    },
    async idle() {
      while (busy) await busy;
    },
  };
}

function settle<Job, Done>(group: readonly Waiting<Job, Done>[], results: readonly (Done | Error)[]): void {
  for (const [index, { resolve, reject }] of group.entries()) {
    const result = results[index];
    if (result === undefined || result instanceof Error)
      reject(result ?? new Error('a job of the group has no result'));
    else resolve(result);
  }
}
