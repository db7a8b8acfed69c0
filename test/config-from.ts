import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Config, loadConfig, renderProblem } from '#src/config.ts';

/** A checked config from what a file would hold. Rejects with the lines that an operator would see. */
export async function configFrom(source: object): Promise<Config> {
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-'));
  try {
    const file = join(dir, 'config.yaml');
    await writeFile(file, stringify(source));
    const loaded = await loadConfig(file);
    if ('problems' in loaded) throw new Error(loaded.problems.map((one) => renderProblem(file, one)).join('\n'));
    return loaded.config;
  } finally {
    await rm(dir, { recursive: true });
  }
}
