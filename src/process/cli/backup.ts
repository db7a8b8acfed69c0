import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import { openDesk } from './control.ts';
import { withConfig } from './with-desk.ts';

/** `isthmus backup FILE`: a copy of the store, of one moment and checked. 1 where there can be none, 78 for a bad config. */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, CONFIG, 1);
  const [to] = positionals;
  if (to === undefined) throw new UsageError('the FILE to copy to is missing');
  const file = configOf(values);
  return await withConfig(file, async (config) => {
    await using desk = await openDesk(config, file);
    await desk.call('store.backup', { to: resolve(to) }, progress());
    process.stdout.write(`${to}: a copy of the store, checked\n`);
    process.stdout.write(
      `The key ${config.key.file} is not part of it: without the key of today its logins cannot be opened.\n`,
    );
    return 0;
  });
}

/** How far it is, on a terminal: at every tenth. */
function progress(): (done: number, total: number) => void {
  let shown = 0;
  return (done, total) => {
    const tenth = total === 0 ? 10 : Math.floor((done / total) * 10);
    if (tenth <= shown) return;
    shown = tenth;
    if (isatty(2)) process.stderr.write(`${tenth * 10} %\n`);
  };
}
