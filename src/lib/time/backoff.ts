export type BackoffOptions = {
  /** Milliseconds: no wait is shorter, and none longer. */
  readonly min: number;
  readonly max: number;
  /** From 0 up to 1, as `Math.random`. */
  readonly random: () => number;
};

/**
 * Waits before the next try, in milliseconds. The bound doubles with each attempt (0 is the first that failed) up to
 * `max`, and the wait lies anywhere between `min` and the bound, so that many who lost the same server come back apart.
 */
export function backoff({ min, max, random }: BackoffOptions): (attempt: number) => number {
  return (attempt) => {
    // 2 ** 40 times anything is beyond every bound; without the cap a huge attempt would be Infinity.
    const bound = Math.min(max, min * 2 ** Math.min(attempt + 1, 40));
    return Math.round(min + random() * (bound - min));
  };
}
