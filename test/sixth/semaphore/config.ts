import { z } from 'zod';

/** The settings of a semaphore transport. */
export const config = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Where the tower stands'),
  port: z.number().int().min(1).max(65535).describe('Its port'),
  window: z.number().int().min(1).max(100).default(16).describe('Requests that may be unanswered; more wait here'),
});
export type SemaphoreConfig = z.output<typeof config>;
