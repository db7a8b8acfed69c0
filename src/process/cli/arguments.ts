import { parseArgs } from 'node:util';

/** A sub-command: what stands behind its name on the command line, and the exit code that it ends with. */
export type SubCommand = {
  readonly name: string;
  /** Its options, for the usage text. */
  readonly options: string;
  readonly summary: string;
  /** What `COMMAND --help` says, where that is more than its line in the usage text. */
  readonly help?: string;
  load(): Promise<{ command(args: readonly string[]): Promise<number> }>;
};

/** sysexits.h: EX_CONFIG, something is wrong in the config. */
export const EXIT_CONFIG = 78;

/** A command line that cannot be understood. The message is for the user. */
export class UsageError extends Error {}

/** The option that most commands have. */
export const CONFIG = { config: { type: 'string', default: 'config.yaml' } } as const;
/** The same as it stands in usage texts. */
export const CONFIG_OPTION = '[--config FILE]';
export const configOf = ({ config }: Values): string => (typeof config === 'string' ? config : CONFIG.config.default);

/** The file named by `--config FILE`, `./config.yaml` without it. Throws a `UsageError` for anything else. */
export function configFile(args: readonly string[]): string {
  return configOf(parse(args, CONFIG));
}

/** For commands that take no arguments. Throws a `UsageError` for any. */
export function noArguments(args: readonly string[]): void {
  parse(args, {});
}

type OptionKinds = Record<string, { type: 'string'; default?: string } | { type: 'boolean' }>;
type Values = Readonly<Record<string, string | boolean | undefined>>;
type Parsed = { readonly values: Values; readonly positionals: readonly string[] };

/** Options and, where `words` allows them, other arguments. Throws a `UsageError` for anything else. */
export function parseOptions(args: readonly string[], options: OptionKinds, words: number): Parsed {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: words > 0 });
    if (positionals.length > words) throw new UsageError(`there is nothing to do with "${positionals[words]}"`);
    return { values: values as Values, positionals };
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(plain(error.message));
    }
    throw error;
  }
}

const parse = (args: readonly string[], options: OptionKinds): Values => parseOptions(args, options, 0).values;

/** The first sentence, without node's advice on how to write code. */
function plain(message: string): string {
  return message.split(/\. |\n/, 1)[0] ?? message;
}

/** The text of `COMMAND --help`. */
export function helpOf({ name, options, summary, help }: SubCommand): string {
  if (help !== undefined) return help;
  const config = options.includes(CONFIG_OPTION) ? '\n  --config FILE         default: ./config.yaml\n' : '';
  const form = [name, options].filter(Boolean).join(' ');
  return `Usage: isthmus ${form}\n\n${summary}\n${config}`;
}

/** The text of `--help`. */
export function usage(commands: readonly SubCommand[]): string {
  const forms = commands.map(({ name, options }) => `${name} ${options}`);
  const width = Math.max(...forms.map(({ length }) => length)) + 2;
  const rows = commands.map(({ summary }, at) => `  ${forms[at]?.padEnd(width)}${summary}`);
  return [
    'Usage: isthmus COMMAND',
    '',
    'Commands:',
    ...rows,
    '',
    'Options:',
    '  --help                            this text, or after a command what that takes',
    '  --version                         the version',
    '',
  ].join('\n');
}
