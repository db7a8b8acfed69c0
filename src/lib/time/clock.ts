/** Time as it is passed in: milliseconds since 1970, and timers that do not keep the process alive by themselves. */
export type Clock = {
  now(): number;
  /** Milliseconds that only go on, whatever is done to the time of day; `now` where it is left out. */
  uptime?(): number;
  /** Runs `run` after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  uptime: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
