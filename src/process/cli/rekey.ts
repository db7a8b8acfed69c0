import { type Config, loadConfig } from '#src/config.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { openStore, replaceKey, SealBroken, StoreRefused } from '#src/store/index.ts';
import { configFile } from './arguments.ts';
import { reportProblems } from './check-config.ts';

/** `isthmus rekey`: a new key for all secrets of the store. 1 while a gateway runs on it, 78 for a bad config. */
export async function command(args: readonly string[]): Promise<number> {
  const file = configFile(args);
  const loaded = await loadConfig(file);
  if ('problems' in loaded) return reportProblems(file, loaded.problems);
  const { key } = loaded.config;
  try {
    const done = await replace(loaded.config);
    process.stdout.write(`${key.file}: a new key, ${done} ${done === 1 ? 'secret was' : 'secrets were'} sealed anew\n`);
    process.stdout.write('Copies of the store that were made before need the key of before.\n');
    return 0;
  } catch (error) {
    if (!(error instanceof StoreRefused || error instanceof SealBroken)) throw error;
    process.stderr.write(`isthmus: ${error.message}\n`);
    return 1;
  }
}

async function replace({ store: url, key, log }: Config): Promise<number> {
  await using store = await openStore({ url, log: openLog(log.level), clock: systemClock });
  return await replaceKey(store, key.file);
}
