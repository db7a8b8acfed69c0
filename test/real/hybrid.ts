import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { asNobody, ownedByNobody } from './nobody.ts';
import { writePatched } from './patched.ts';
import { rootOf } from './unpacked.ts';

const MODULES = '/usr/lib/ircd-hybrid/modules/';

export interface HybridOptions {
  /** Whether it holds back who sends much, as Debian's configuration has it: not when this is not given. */
  readonly protected?: boolean;
  /** Whether the operator may ban who is here: not when this is not given. */
  readonly bannable?: boolean;
  /** In which time an address may connect once, such as `5 seconds`: who looked whether the server was there has done so. */
  readonly throttled?: string;
  /** Sections at the end of the configuration, such as `operator`. */
  readonly extra?: string;
}

/** Starts a real ircd-hybrid on 127.0.0.1: an IRC server with some IRCv3 and without msgid, names equal under `ascii`. */
export function startHybrid(options: HybridOptions = {}): Promise<RunningServer<Record<'plain', number>>> {
  return run<'plain'>({
    name: 'hybrid',
    portNames: ['plain'],
    prepare: async (dir, ports) => {
      const root = rootOf('hybrid');
      cpSync(join(root, MODULES), join(dir, 'm'), { recursive: true });
      writePatched(join(root, 'usr/sbin/ircd-hybrid'), join(dir, 'ircd'), { [MODULES]: `${dir}/m/` });
      writeFileSync(join(dir, 'ircd.conf'), configuration(ports.plain, options));
      ownedByNobody(dir);
      const files = ['configfile ircd.conf', 'logfile log', 'pidfile pid', 'klinefile k', 'dlinefile d'];
      const kept = [...files, 'xlinefile x', 'resvfile r'].flatMap((one) => {
        const [option, file = ''] = one.split(' ');
        return [`-${option}`, join(dir, file)];
      });
      // What it says waits in a buffer of its own.
      return {
        ...asNobody(join(dir, 'ircd'), ['-foreground', ...kept]),
        ...{ ports: [ports.plain], ready: [], portTaken: /(?!)/ },
      };
    },
  });
}

// The figures of Debian's ircd.conf.
const PROTECTED = {
  auth: '',
  general: `pace_wait_simple = 1 second; pace_wait = 10 seconds; default_floodcount = 10; default_floodtime = 1 second;
  away_count = 2; away_time = 10 seconds; max_targets = 4; anti_nick_flood = yes; max_nick_changes = 5; max_nick_time = 20 seconds;`,
  recvq: 2560,
};
const UNPROTECTED = {
  auth: 'flags = exceed_limit, can_flood, kline_exempt;',
  general: `anti_nick_flood = no; pace_wait_simple = 0 seconds; pace_wait = 0 seconds; default_floodcount = 0;
  away_count = 100; away_time = 1 second; max_targets = 20;`,
  recvq: 8000,
};

function configuration(
  port: number,
  { protected: isProtected, bannable, throttled, extra = '' }: HybridOptions,
): string {
  const { auth, general, recvq } = isProtected ? PROTECTED : UNPROTECTED;
  return `
serverinfo { name = "hybrid.test"; sid = "0HY"; description = "test"; network_name = "Hybrid"; network_description = "t";
  max_nick_length = 30; max_topic_length = 300; default_max_clients = 1000; };
administrator { name = "a"; description = "a"; email = "a@example.org"; };
class { name = "users"; ping_time = 90 seconds; number_per_ip_local = 1000; number_per_ip_global = 1000;
  max_number = 1000; sendq = 1 megabytes; recvq = ${recvq} bytes; };
auth { user = "*@*"; class = "users"; ${bannable ? auth.replace(', kline_exempt', '') : auth} };
listen { host = "127.0.0.1"; port = ${port}; };
general { ${throttled ? `throttle_count = 1; throttle_time = ${throttled}` : 'throttle_count = 1000'}; disable_auth = yes; ${general} };
channel { max_channels = 100; knock_delay = 1 second; };
${extra}`;
}
