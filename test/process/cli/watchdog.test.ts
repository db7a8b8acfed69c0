import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../store/folder.ts';

const module = (path: string): string => `await import('${new URL(`../../../src/${path}`, import.meta.url)}')`;

/** Stands still until a line comes on standard input, then goes on until standard input ends. */
const stalling = (watch: string): string => `
  import { readSync } from 'node:fs';
  const { startHeart } = ${module('lib/time/stall.ts')};
  const { openLog } = ${module('lib/log.ts')};
  const { systemClock } = ${module('lib/time/clock.ts')};
  const log = openLog('info');
  using heart = startHeart(300);
  await using watching = ${watch};
  readSync(0, new Uint8Array(1));
  const { promise, resolve } = Promise.withResolvers();
  process.stdin.on('end', resolve).resume();
  await promise;
`;

const WATCHDOG = `(${module('process/watchdog.ts')}).startWatchdog(heart, log)`;
const inStore = (file: string): string =>
  `await (${module('store/index.ts')}).openStore({ url: 'sqlite:${file}', log, clock: systemClock, heart })`;

describe('the watchdog', () => {
  it.each([
    ['in a thread of its own', () => WATCHDOG],
    ['in a thread of the store', inStore],
  ])('reports a main loop that stands still, and that it goes on: %s', async (_where, watch) => {
    using folder = tempFolder();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', stalling(watch(folder.file('store.db')))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const stalled = JSON.parse(String((await lines.next()).value));
    expect(stalled).toMatchObject({
      level: 50,
      stalled_ms: 300,
      msg: 'the main loop has been standing still for 300 ms',
    });
    child.stdin.write('\n');
    const goesOn = JSON.parse(String((await lines.next()).value));
    expect(goesOn.msg).toBe(`the main loop goes on after standing still for ${goesOn.stalled_ms} ms`);
    expect(goesOn.stalled_ms).toBeGreaterThanOrEqual(300);
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });
});
