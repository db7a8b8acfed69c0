import type { Clock } from './time/clock.ts';

export type FoldParts<T> = {
  readonly clock: Clock;
  /** Milliseconds for which further changes are held back after one was told; 0 holds nothing back. */
  readonly window: number;
  /** Tells a change. Must not throw. */
  tell(change: T): void;
  /** Whether a change that has waited is no news at the end of its window, where `told` was told at its beginning. */
  needless(change: T, told: T): boolean;
  /** Hears of each change that is never told, because a later one came or because it was taken back in time. */
  saved(change: T): void;
};

/** Windows that are open at a time (SECURITY rule 11); beyond that, changes are told at once. */
const MOST = 100_000;

type Window<T> = { readonly end: number; readonly told: T; waiting: { readonly change: T } | undefined };

/**
 * Folds what flickers: of one name a change is told at once, and of those that follow the last, once in each window. It has one
 * timer, which runs while a window is open.
 */
export function openFold<T>({ clock, window, tell, needless, saved }: FoldParts<T>) {
  /** In the order of their ends: all are of the same length. */
  const windows = new Map<string, Window<T>>();
  const time = (): number => clock.uptime?.() ?? clock.now();
  let cancel: (() => void) | undefined;
  let closing = false;

  function open(name: string, told: T): void {
    windows.delete(name);
    if (window === 0 || windows.size >= MOST) return;
    windows.set(name, { end: time() + window, told, waiting: undefined });
    if (!closing) cancel ??= clock.after(window, close);
  }

  /** Closes the windows whose time is over; one in which something is told at its end opens the next. */
  function close(): void {
    closing = true;
    for (const [name, { end, told, waiting }] of windows) {
      if (end > time()) break;
      windows.delete(name);
      if (!waiting) continue;
      if (needless(waiting.change, told)) saved(waiting.change);
      else say(name, waiting.change);
    }
    closing = false;
    const [next] = windows.values();
    cancel = next && clock.after(Math.max(next.end - time(), 1), close);
  }

  function say(name: string, change: T): void {
    open(name, change);
    tell(change);
  }

  return {
    /** Tells the change now, or at the end of the window that an earlier one of that name has opened. */
    pass(name: string, change: T): void {
      const known = windows.get(name);
      if (!known) return say(name, change);
      if (known.waiting) saved(known.waiting.change);
      known.waiting = { change };
    },
    /** Whether a change of that name waits. */
    waits: (name: string): boolean => windows.get(name)?.waiting !== undefined,
    /** What waits is told now, and the next change at once. */
    flush(name: string): void {
      const waiting = windows.get(name)?.waiting;
      windows.delete(name);
      if (waiting) tell(waiting.change);
    },
    /** What waits is not told, and the next change at once. */
    forget: (name: string): void => void windows.delete(name),
    /** Nothing that waits is told any more. */
    stop(): void {
      cancel?.();
      cancel = undefined;
      windows.clear();
    },
    /** How many names are remembered. */
    get size(): number {
      return windows.size;
    },
  };
}
