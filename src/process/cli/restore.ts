import { restoreStore } from '#src/store/index.ts';
import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { withConfig } from './with-desk.ts';

/**
 * `isthmus restore FILE`: puts a copy that `backup` has made in the place of the store, and that one aside. 1 while a
 * gateway runs on it or where the copy is not to be used, 78 for a bad config.
 */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, CONFIG, 1);
  const [from] = positionals;
  if (from === undefined) throw new UsageError('the FILE to restore is missing');
  return await withConfig(configOf(values), async ({ store, key }) => {
    const stamp = `before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    const { aside, trouble } = await restoreStore(store, from, { key: key.file, stamp });
    process.stdout.write(`${from}: is the store now\n`);
    if (aside !== undefined) process.stdout.write(`${aside}: the store of before\n`);
    if (trouble !== undefined) process.stdout.write(`It was put aside as it was, for it is damaged: ${trouble}\n`);
    process.stdout.write(
      'What was owed when the copy was made is sent when the gateway starts, also what has arrived since.\n',
    );
    return 0;
  });
}
