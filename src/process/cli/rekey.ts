import type { Config } from '#src/config.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { storeMustExist } from '#src/process/offline.ts';
import { openStore, replaceKey } from '#src/store/index.ts';
import { configFile } from './arguments.ts';
import { withConfig } from './with-desk.ts';

/** `isthmus rekey`: a new key for all secrets of the store. 1 while a gateway runs on it, 78 for a bad config. */
export const command = (args: readonly string[]): Promise<number> =>
  withConfig(configFile(args), async (config) => {
    storeMustExist(config);
    const done = await replace(config);
    const { file } = config.key;
    process.stdout.write(`${file}: a new key, ${done} ${done === 1 ? 'secret was' : 'secrets were'} sealed anew\n`);
    process.stdout.write('Copies of the store that were made before need the key of before.\n');
    return 0;
  });

async function replace({ store: url, key, log }: Config): Promise<number> {
  await using store = await openStore({ url, log: openLog(log.level), clock: systemClock });
  return await replaceKey(store, key.file);
}
