import { execFileSync } from 'node:child_process';
import { isRoot } from '#src/process/cli/demo/servers/available.ts';

/** Starts a program as nobody where we are root: there are servers that refuse to run as root. */
export function asNobody(
  program: string,
  args: readonly string[],
): { readonly path: string; readonly args: readonly string[] } {
  if (!isRoot()) return { path: program, args };
  // Who changes their user has to ask again to be ended with the process that started them.
  const as = ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', '--pdeathsig', 'KILL'];
  return { path: '/usr/bin/setpriv', args: [...as, program, ...args] };
}

/** Gives a folder and all in it to nobody where we are root. */
export function ownedByNobody(dir: string): void {
  if (isRoot()) execFileSync('chown', ['-R', 'nobody:nogroup', dir]);
}
