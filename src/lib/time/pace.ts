import type { Clock } from './clock.ts';

/** Milliseconds until the next turn at something, which is taken with the question. */
export type Pace = (name: string) => number;

/** Things whose last turn is remembered: beyond them, those that are over are forgotten. */
const MOST = 1000;

/** Turns at the same thing lie at least `gap` milliseconds apart. */
export function openPace({ clock, gap }: { readonly clock: Pick<Clock, 'now'>; readonly gap: number }): Pace {
  const next = new Map<string, number>();
  return (name) => {
    const now = clock.now();
    if (next.size >= MOST) for (const [each, at] of next) if (at <= now) next.delete(each);
    const turn = Math.max(now, next.get(name) ?? now);
    next.set(name, turn + gap);
    return turn - now;
  };
}
