import type { Clock } from './clock.ts';
import { inTime } from './in-time.ts';

/** Waits for work within a time limit. Resolves with whether it has ended, and warns of what has not: it goes on. */
export type LimitedWait = (what: string, work: Promise<unknown>) => Promise<boolean>;

/** The part of the time that is left which one wait may take: each that follows has some, whatever hangs before it. */
const PART = 0.4;

/** Waits for as long as it takes. */
export const unlimited: LimitedWait = (_what, work) => work.then(() => true);

/** A limit of so many ms for waits that follow one another. `late` hears what a wait was for that was given up. */
export function limitTime(clock: Clock, ms: number, late: (what: string) => void): LimitedWait {
  const uptime = (): number => clock.uptime?.() ?? clock.now();
  const end = uptime() + ms;
  return async (what, work) => {
    const ended = await inTime(clock, Math.max(0, end - uptime()) * PART, work);
    if (!ended) late(what);
    return ended;
  };
}
