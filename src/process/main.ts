import { existsSync } from 'node:fs';
import { CONFIG_OPTION as CONFIG, helpOf, type SubCommand, UsageError, usage } from './cli/arguments.ts';
import { importHelp } from './cli/import-help.ts';
import { queueHelp } from './cli/queue-help.ts';
import { packageVersion } from './version.ts';

const COMMANDS: readonly SubCommand[] = [
  {
    name: 'run',
    options: CONFIG,
    summary: 'start the gateway (default file: ./config.yaml)',
    load: () => import('./cli/run.ts'),
  },
  {
    name: 'check-config',
    options: CONFIG,
    summary: 'check a config file and report every problem',
    load: () => import('./cli/check-config.ts'),
  },
  {
    name: 'example-config',
    options: '',
    summary: 'print a config file with explanations',
    load: () => import('./cli/example-config.ts'),
  },
  {
    name: 'matrix-registration',
    options: `[DOMAIN] ${CONFIG}`,
    summary: 'print what a Matrix homeserver has to know of this gateway',
    load: () => import('./cli/matrix-registration.ts'),
  },
  {
    name: 'phone',
    options: `[NUMBER] ${CONFIG}`,
    summary: "play somebody's phone, for the demo SMS provider",
    load: () => import('./cli/phone.ts'),
  },
  {
    name: 'queue',
    options: 'list|show|retry|drop',
    summary: 'what is owed, and what to do about it',
    help: queueHelp,
    load: () => import('./cli/queue.ts'),
  },
  {
    name: 'accounts',
    options: `purge JID ${CONFIG}`,
    summary: 'remove all that a user has here, as after the end of the XMPP account',
    load: () => import('./cli/accounts.ts'),
  },
  {
    name: 'backup',
    options: `FILE ${CONFIG}`,
    summary: 'copy the store, also while the gateway runs',
    load: () => import('./cli/backup.ts'),
  },
  {
    name: 'restore',
    options: `FILE ${CONFIG}`,
    summary: 'put a copy in the place of the store',
    load: () => import('./cli/restore.ts'),
  },
  {
    name: 'import-biboumi',
    options: `FILE|URL ${CONFIG}`,
    summary: 'bring over what biboumi has kept of its users',
    help: importHelp,
    load: () => import('./cli/import-biboumi.ts'),
  },
  {
    name: 'doctor',
    options: CONFIG,
    summary: 'look the whole store over for damage',
    load: () => import('./cli/doctor.ts'),
  },
  {
    name: 'rekey',
    options: CONFIG,
    summary: 'seal all secrets of the store with a new key',
    load: () => import('./cli/rekey.ts'),
  },
];

/** The demo starts real servers out of the development packages, so the built package leaves it out. */
const DEMO = new URL('./cli/demo.ts', import.meta.url);
const DEMO_COMMAND: SubCommand = {
  name: 'demo',
  options: '',
  summary: 'try it all on this machine, with real servers',
  load: () => import(DEMO.href),
};

/** Runs the program with the arguments after its name. Resolves with the exit code. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  // A reader that leaves early, such as `head`, is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  const commands = existsSync(DEMO) ? [...COMMANDS, DEMO_COMMAND] : COMMANDS;
  if (name === '--version') return print(`${packageVersion()}\n`);
  const chosen = commands.find((command) => command.name === name);
  if (name === '--help' || name === 'help' || args.includes('--help'))
    return print(chosen ? helpOf(chosen) : usage(commands));
  if (!chosen && name === DEMO_COMMAND.name)
    return complain('the demo needs a checkout of the sources: it is not part of the package');
  if (!chosen)
    return complain(
      `${name ? `there is no command "${name}"` : 'a command is missing'}\n\n${usage(commands)}`.trimEnd(),
    );
  try {
    const { command } = await chosen.load();
    return await command(args);
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}\n\n${helpOf(chosen)}`.trimEnd());
    throw error;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function complain(text: string): number {
  process.stderr.write(`isthmus: ${text}\n`);
  return 1;
}
