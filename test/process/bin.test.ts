import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('runs in a checkout that was not built', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/isthmus.mjs', 'example-config']);
  expect(stdout).toBe(await readFile('config.example.yaml', 'utf8'));
});
