import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { describe, expect, it } from 'vitest';

/** Stands still until a line comes on standard input, then goes on until standard input ends. */
const STALLING = `
  import { readSync } from 'node:fs';
  const { startWatchdog } = await import('${new URL('../../src/watchdog.ts', import.meta.url)}');
  const { openLog } = await import('${new URL('../../src/lib/log.ts', import.meta.url)}');
  await using watchdog = startWatchdog(300, openLog('info'));
  readSync(0, new Uint8Array(1));
  const { promise, resolve } = Promise.withResolvers();
  process.stdin.on('end', resolve).resume();
  await promise;
`;

describe('the watchdog', () => {
  it('reports a main loop that stands still, from outside of it, and that it goes on', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', STALLING], {
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
