import { configFile } from './arguments.ts';
import { withDesk } from './with-desk.ts';

/** `isthmus doctor`: looks the whole store over, also while the gateway runs. 1 where it is damaged, 78 for a bad config. */
export async function command(args: readonly string[]): Promise<number> {
  return await withDesk(configFile(args), async (desk) => {
    const wrong = await desk.call('store.check', {});
    for (const line of wrong) process.stdout.write(`store: ${line}\n`);
    if (wrong.length === 0) process.stdout.write('store: ok\n');
    return wrong.length === 0 ? 0 : 1;
  });
}
