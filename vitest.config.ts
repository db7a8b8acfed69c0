import { defineConfig } from 'vitest/config';

/** What starts real servers, browsers and packages takes its time. Every other test belongs to `npm test`. */
const real = 'test/real/**';

export default defineConfig({
  test: {
    reporters: ['default', './test/tally.ts'],
    // For what hangs: on a busy machine whole processes take their time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [real] } },
      { extends: true, test: { name: 'real', include: [`${real}/*.test.ts`] } },
    ],
  },
});
