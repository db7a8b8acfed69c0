import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes a program of Debian in which paths that are compiled in are others, of at most the same length. A path to a folder
 * ends in a slash in both.
 */
export function writePatched(from: string, to: string, paths: Readonly<Record<string, string>>): void {
  let program = readFileSync(from).toString('latin1');
  for (const [path, other] of Object.entries(paths)) {
    if (!program.includes(path)) throw new Error(`${from} does not have ${path}`);
    if (other.length > path.length) throw new Error(`${other} is longer than ${path}`);
    program = program.replaceAll(path, other.padEnd(path.length, path.endsWith('/') ? '/' : '\0'));
  }
  writeFileSync(to, Buffer.from(program, 'latin1'));
  chmodSync(to, 0o755);
}
