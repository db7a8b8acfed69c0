import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Loads a module in a process of its own, does something with it, and says which packages that has brought. */
async function packagesOf(file: string, then = ''): Promise<readonly string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const found = new Set();
    registerHooks({
      load(url, context, next) {
        const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
        if (name) found.add(name);
        return next(url, context);
      },
    });
    const loaded = await import(${JSON.stringify(join(ROOT, file))});
    ${then}
    process.stdout.write(JSON.stringify([...found]));
  `;
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('the libraries are loaded once something is asked or encrypted, not with the bridge', async () => {
  const packages = await packagesOf('bridges/matrix/index.ts');
  expect(packages).toContain('zod');
  expect(packages.filter((name) => /^@matrix-org|^matrix-|^fake-indexeddb/.test(name))).toEqual([]);
});

it('the library of the calls comes without what nothing here uses, and warns of nothing', async () => {
  const packages = await packagesOf('bridges/matrix/homeserver/sdk.ts', 'await loaded.loadSdk();');
  expect(packages).toContain('matrix-bot-sdk');
  expect(packages.filter((name) => /request|express|postgres|lowdb|html|^@matrix-org/.test(name))).toEqual([]);
});
