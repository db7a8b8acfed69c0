import { z } from 'zod';

/** The config schema of a `Rate`: `off`, or how many `what` may go at once and how many a second after that. */
export const rateSchema = (what: string) =>
  z.union(
    [
      z.literal('off'),
      z.strictObject({
        burst: z.number().int().min(1).max(10_000).default(10).describe(`${what} that may go at once`),
        per_second: z.number().min(0.1).max(10_000).default(1).describe(`${what} a second after that`),
      }),
    ],
    "must be 'off' or { burst, per_second }",
  );
