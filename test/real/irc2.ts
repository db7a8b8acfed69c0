import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { asNobody, ownedByNobody } from './nobody.ts';
import { writePatched } from './patched.ts';
import { rootOf } from './unpacked.ts';

export interface Irc2Options {
  /** Whether it holds back who sends much, as it does for everybody on IRCnet: not when this is not given. */
  readonly protected?: boolean;
  /** Lines at the end of the configuration, such as `K` lines. */
  readonly extra?: string;
}

/**
 * Starts a real ircd-irc2 on 127.0.0.1, as IRCnet has it: no IRCv3, nicks of up to 15 characters, channels `!` and `+`, and
 * nicks that are taken away (`042` has what one is called then).
 */
export function startIrc2(options: Irc2Options = {}): Promise<RunningServer<Record<'plain', number>>> {
  return run<'plain'>({
    name: 'irc2',
    portNames: ['plain'],
    prepare: async (dir, ports) => {
      // Relative to the folder in which it is started.
      writePatched(join(rootOf('irc2'), 'usr/sbin/ircd'), join(dir, 'ircd'), {
        '/etc/ircd/ircd.conf': './conf',
        '/etc/ircd/ircd.motd': './motd',
        '/var/run/ircd/ircd.tune': './tune',
        '/var/run/ircd/ircd.pid': './pid',
        '/usr/sbin/iauth': './iauth',
        '/usr/bin/m4': './m4',
      });
      writeFileSync(join(dir, 'conf'), configuration(ports.plain, options.extra));
      // It reads its config through m4, which may not be there.
      writeFileSync(join(dir, 'm4'), '#!/bin/sh\nexec cat ./conf\n');
      chmodSync(join(dir, 'm4'), 0o755);
      ownedByNobody(dir);
      // What it says waits in a buffer of its own. -s: no iauth, -t: in the foreground.
      const protection = options.protected ? [] : ['-p', 'off'];
      const { path, args } = asNobody(join(dir, 'ircd'), ['-t', '-s', ...protection]);
      return {
        path: '/usr/bin/env',
        args: ['-C', dir, path, ...args],
        ports: [ports.plain],
        ready: [],
        portTaken: /No working P-line/,
      };
    },
  });
}

// The classes of Y lines allow so many connections, also from one host; I lines let everybody in.
const configuration = (port: number, extra = ''): string => `M%irc2.test%127.0.0.1%test%${port}%000A%
A%a%a%a%%IRCnet%
Y%1%90%%1000%5120000%1000.1000%1000.1000%
I%*%%*%%1%%
I%*@127.0.0.1%%%%1%%
P%127.0.0.1%%%${port}%%
${extra}`;
