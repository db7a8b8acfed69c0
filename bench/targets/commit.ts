import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../target.ts';
import { type config, ROOT, startMain } from './isthmus.ts';

const PREFIX = 'isthmus:';

/** Whether a target names a commit of this repository: `isthmus:COMMIT`. */
export const namesCommit = (target: string): boolean => target.startsWith(PREFIX);

/** Isthmus as it was at a commit, which is taken out of the repository once and removed when the bench ends. */
export function atCommit(name: string): Target {
  const commit = name.slice(PREFIX.length);
  let folder: string | undefined;
  return {
    name,
    title: `Isthmus at ${commit}`,
    journals: true,
    missing: () => (hashOf(commit) === undefined ? `no commit is called ${commit}` : undefined),
    version: () => hashOf(commit)?.slice(0, 12) ?? 'unknown',
    async start(setting) {
      folder ??= checkout(commit);
      // Its own bench knows which settings it has.
      const its = (await import(join(folder, 'bench/targets/isthmus.ts'))) as { config: typeof config };
      return startMain(join(folder, 'src/main.ts'), setting, its.config(setting));
    },
  };
}

function hashOf(commit: string): string | undefined {
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`];
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The files of a commit in a folder of their own, with the packages of this checkout. */
function checkout(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-commit-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const archive = execFileSync('git', ['archive', hashOf(commit) ?? commit], { cwd: ROOT, maxBuffer: 1e9 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
