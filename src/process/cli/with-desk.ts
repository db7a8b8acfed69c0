import { type Config, loadConfig } from '#src/config.ts';
import { Failure } from '#src/model/failure.ts';
import { SealBroken, StoreRefused, StoreUnavailable } from '#src/store/index.ts';
import { reportProblems } from './check-config.ts';
import { ControlRefused, type Desk, openDesk } from './control.ts';

/**
 * Does what a command is for with the config of that file, and turns what it is refused for into a line on standard
 * error. Resolves with the exit code: 1 for that, 78 for a bad config.
 */
export async function withConfig(file: string, work: (config: Config) => Promise<number>): Promise<number> {
  const loaded = await loadConfig(file);
  if ('problems' in loaded) return reportProblems(file, loaded.problems);
  try {
    return await work(loaded.config);
  } catch (error) {
    if (!isForOperator(error)) throw error;
    process.stderr.write(`isthmus: ${error instanceof StoreUnavailable ? error.reason : error.message}\n`);
    return 1;
  }
}

/** The same with the gateway of the config, or with its store where none runs. */
export const withDesk = (file: string, work: (desk: Desk) => Promise<number>): Promise<number> =>
  withConfig(file, async (config) => {
    await using desk = await openDesk(config, file);
    return await work(desk);
  });

const FOR_OPERATORS = [ControlRefused, Failure, StoreRefused, SealBroken];
const isForOperator = (error: unknown): error is Error => FOR_OPERATORS.some((kind) => error instanceof kind);
