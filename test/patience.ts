import { vi } from 'vitest';

/** Milliseconds that a test waits at the longest for what has to come: a machine may be busy, and only what fails waits so long. */
export const PATIENCE = 50_000;

type Looks = { /** Milliseconds, as all here. */ readonly timeout?: number; readonly interval?: number };

/** Looks again until that throws nothing, and resolves with what it gives. Rejects with what it threw last. */
export const eventually = <T>(
  look: () => T | Promise<T>,
  { timeout = PATIENCE, interval = 5 }: Looks = {},
): Promise<T> => vi.waitFor(look, { timeout, interval });

/** Looks again until something is so, and resolves with that. Rejects where it never is. */
export const untilTrue = <T>(look: () => T | Promise<T>) => vi.waitUntil(look, { timeout: PATIENCE, interval: 5 });
