import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version in the package.json that this file belongs to, in a checkout as in the built package. */
export function packageVersion(): string {
  const file = findPackageJSON(import.meta.url);
  if (!file) throw new Error('there is no package.json above the program');
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
