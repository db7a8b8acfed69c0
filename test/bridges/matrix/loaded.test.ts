import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Loads a module in a process of its own, and says which packages it has brought. */
async function packagesOf(file: string): Promise<readonly string[]> {
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
    await import(${JSON.stringify(join(ROOT, file))});
    process.stdout.write(JSON.stringify([...found]));
  `;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
  return JSON.parse(stdout);
}

it('the library of encryption is loaded once something is encrypted, not with the bridge', async () => {
  const packages = await packagesOf('bridges/matrix/index.ts');
  expect(packages).toContain('zod');
  expect(packages.filter((name) => /^@matrix-org|^matrix-|^fake-indexeddb/.test(name))).toEqual([]);
});
