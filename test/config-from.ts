import { stringify } from 'yaml';
import { type Config, loadConfig, renderProblem } from '#src/config.ts';
import { folder } from './process/cli/isthmus.ts';

/** A checked config from what a file would hold. Rejects with the lines that an operator would see. */
export async function configFrom(source: object): Promise<Config> {
  using dir = folder();
  const file = dir.file('config.yaml', stringify(source));
  const loaded = await loadConfig(file);
  if ('problems' in loaded) throw new Error(loaded.problems.map((one) => renderProblem(file, one)).join('\n'));
  return loaded.config;
}
