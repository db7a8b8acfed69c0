import { type Clock, systemClock } from '#src/lib/time/clock.ts';

export type JumpingClock = Clock & {
  /** Moves time on, beside its own going, and runs what is due. */ jump(ms: number): void;
};

type Timer = { readonly at: number; readonly fire: () => void };

/** A clock that goes as the machine's does and can be moved on. */
export function jumpingClock(): JumpingClock {
  let ahead = 0;
  const timers = new Set<Timer>();
  const uptime = (): number => performance.now() + ahead;
  return {
    now: () => Math.floor(Date.now() + ahead),
    uptime,
    after(ms, run) {
      const cancel = (): void => {
        timers.delete(timer);
        stop();
      };
      const fire = (): void => {
        cancel();
        run();
      };
      const timer = { at: uptime() + ms, fire };
      const stop = systemClock.after(ms, fire);
      timers.add(timer);
      return cancel;
    },
    jump(ms) {
      const end = uptime() + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        ahead += Math.max(next.at - uptime(), 0);
        next.fire();
      }
      ahead += Math.max(end - uptime(), 0);
    },
  };
}
