import { parseArgs } from 'node:util';

/** A sub-command: what stands behind its name on the command line, and the exit code that it ends with. */
export type Command = {
  readonly name: string;
  /** Its options, for the usage text. */
  readonly options: string;
  readonly summary: string;
  load(): Promise<{ command(args: readonly string[]): Promise<number> }>;
};

/** sysexits.h: EX_CONFIG, something is wrong in the config. */
export const EXIT_CONFIG = 78;

/** A command line that cannot be understood. The message is for the user. */
export class UsageError extends Error {}

/** The file named by `--config FILE`, `./config.yaml` without it. Throws a `UsageError` for anything else. */
export function configFile(args: readonly string[]): string {
  return parse(args, { config: { type: 'string', default: 'config.yaml' } }).config ?? 'config.yaml';
}

/** For commands that take no arguments. Throws a `UsageError` for any. */
export function noArguments(args: readonly string[]): void {
  parse(args, {});
}

function parse(
  args: readonly string[],
  options: Record<string, { type: 'string'; default?: string }>,
): Record<string, string | undefined> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values as Record<
      string,
      string | undefined
    >;
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(plain(error.message));
    }
    throw error;
  }
}

/** The first sentence, without node's advice on how to write code. */
function plain(message: string): string {
  return message.split(/\. |\n/, 1)[0] ?? message;
}

/** The text of `--help`. */
export function usage(commands: readonly Command[]): string {
  const rows = commands.map(({ name, options, summary }) => `  ${`${name} ${options}`.padEnd(34)}${summary}`);
  return [
    'Usage: isthmus COMMAND',
    '',
    'Commands:',
    ...rows,
    '',
    'Options:',
    '  --help                            this text',
    '  --version                         the version',
    '',
  ].join('\n');
}
