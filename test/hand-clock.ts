import type { Clock } from '#src/lib/time/clock.ts';

export type HandClock = Clock & { /** Moves time on and runs what is due. */ advance(ms: number): void };

/** A clock that stands still until it is moved. */
export function handClock(): HandClock {
  let time = 1_700_000_000_000;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => time,
    after(ms, run) {
      const timer = { at: time + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
  };
}
