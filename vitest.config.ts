import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What starts real servers, browsers and packages takes its time. Every other test belongs to `npm test`. */
const real = 'test/real/**';

/** What takes longest, first: begun last, one of these is waited for alone. */
const longest = [
  'test/real/pace.test.ts',
  'test/real/rooms.test.ts',
  'test/conversations/irc.test.ts',
  'test/crash.test.ts',
  'test/conversations/conversations.test.ts',
  'test/process/cli/control.test.ts',
  'test/conversations/invented.test.ts',
  'test/store/contract.test.ts',
  'test/contract/matrix.test.ts',
  'test/web/media.test.ts',
  'test/properties/presence-day.test.ts',
];

function rank({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((file) => moduleId.endsWith(file));
  return place < 0 ? longest.length : place;
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    reporters: ['default', './test/tally.ts'],
    // For what hangs: on a busy machine whole processes take their time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    // Programs that tests start compile the same sources: that is half of what each start costs.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [real], setupFiles: ['test/chance.ts'] },
      },
      { extends: true, test: { name: 'real', include: [`${real}/*.test.ts`], maxWorkers: 2 } },
    ],
  },
});
