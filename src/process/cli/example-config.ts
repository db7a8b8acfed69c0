import { renderExample } from '#src/config/example.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';
import { noArguments } from './arguments.ts';

/** `isthmus example-config`: prints a config file that explains every key. */
export async function command(args: readonly string[]): Promise<number> {
  noArguments(args);
  process.stdout.write(await exampleConfig());
  return 0;
}

/** The text of `config.example.yaml`. */
export async function exampleConfig(): Promise<string> {
  const found = await Promise.all((await bridgeKinds()).map(findBridge));
  return renderExample(found.filter((definition) => definition !== undefined));
}
