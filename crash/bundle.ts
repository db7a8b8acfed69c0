import { globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'mappings', 'bridges'];
/** These look for files of their own, or come in parts. */
const ASIDE = [
  /^node:/,
  /^pino/,
  /^pg/,
  /^twilio/,
  'irc-framework',
  'matrix-bot-sdk',
  /^@matrix-org\//,
  /^fake-indexeddb/,
];

/**
 * Bundles the laboratory's gateway into a folder: hundreds of starts load few files instead of hundreds each, and all of a run
 * are of the sources that there were at its beginning. Resolves with the program's path.
 */
export async function bundleGateway(dir: string): Promise<string> {
  const entry = 'crash/gateway';
  const workers = globSync(['src/**/*.worker.ts', 'bridges/**/*.worker.ts'], { cwd: ROOT });
  mkdirSync(dir, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  // Workers are found by their names in the sources.
  const imports = Object.fromEntries(FOLDERS.map((folder) => [`#${folder}/*.ts`, `./${folder}/*.js`]));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module', version: '0.0.0', imports }));
  const bundler = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries([`${entry}.ts`, ...workers].map((file) => [file.replace(/\.ts$/, ''), file])),
    platform: 'node',
    external: ASIDE,
    logLevel: 'silent',
  });
  await bundler.write({ dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'src/[name]-[hash].js' });
  await bundler.close();
  return join(dir, `${entry}.js`);
}
